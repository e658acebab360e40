const mega = 1024 * 1024;

/** A size for people. */
export const sizeFor = (bytes: number): string =>
  bytes < mega ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / mega).toFixed(1)} MB`;
