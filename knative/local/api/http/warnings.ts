const limit = 4_096;
const short = 256;

/** Warnings as header values (RFC 9111's predecessor, 299); where they grow long, each is cut, as an API server does. */
export const warningHeaders = (texts: readonly string[]): string[] => {
  const unique = [...new Set(texts)].map(clean);
  const total = unique.reduce((sum, text) => sum + text.length, 0);
  const shown = total <= limit ? unique : unique.map((text) => text.slice(0, short));
  let room = limit;
  return shown
    .filter((text) => {
      room -= text.length;
      return room >= 0;
    })
    .map((text) => `299 - "${text.replace(/(["\\])/g, '\\$1')}"`);
};

/** Header values are printable ASCII on one line. */
const clean = (text: string) => text.replace(/[\r\n\t]+/g, ' ').replace(/[^ -~]/g, '?');
