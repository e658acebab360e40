/** A Host header or authority without its port, in lower case and without a final dot. */
export const hostOf = (authority: string | undefined): string => {
  if (!authority) return '';
  const end = authority.endsWith(']') ? authority.length : authority.lastIndexOf(':');
  const name = end > 0 ? authority.slice(0, end) : authority;
  return name.toLowerCase().replace(/\.$/, '');
};
