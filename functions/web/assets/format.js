/** `EUR 12.90`, as the reader's language has it. */
export const money = ({ amount, currency }) => {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
};

const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
export const when = (time) => dayAndTime.format(new Date(time));

const exactly = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});
export const exactTime = (time) => exactly.format(new Date(time));

/** `+ 215 ms`, `+ 3.3 s`, or a time where it is long. */
export const after = (from, to) => {
  const ms = Math.max(0, new Date(to) - new Date(from));
  if (ms < 1_000) return `+ ${ms} ms`;
  return ms < 60_000 ? `+ ${(ms / 1_000).toFixed(1)} s` : when(to);
};
