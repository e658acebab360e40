import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ResponseHead } from './response-head.ts';

/** A caller that asked for another protocol: its connection and the bytes that came after its request. */
export interface Upgrade {
  socket: Socket;
  head: Buffer;
}

/** Answers 101 and joins both sides until one of them ends; `onEnd` is called once. */
export const tunnel = (
  { socket, head }: Upgrade,
  pod: Socket,
  answer: ResponseHead,
  rest: Buffer,
  onEnd: () => void,
): void => {
  let text = `HTTP/1.1 101 ${answer.reason || 'Switching Protocols'}\r\n`;
  for (let i = 0; i < answer.headers.length; i += 2)
    text += `${answer.headers[i]}: ${answer.headers[i + 1]}\r\n`;
  socket.write(`${text}\r\n`, 'latin1');
  if (rest.length > 0) socket.write(rest);
  if (head.length > 0) pod.write(head);
  join(socket, pod, onEnd);
};

/** How long one side may still talk after the other has said its last word. */
const lingerMs = 10_000;

/** Whatever one side sends reaches the other, also its end; an error on either side ends both. */
export const join = (a: Duplex, b: Duplex, onEnd: () => void = () => {}): void => {
  let open = 2;
  let linger: NodeJS.Timeout | undefined;
  const link = (from: Duplex, to: Duplex) => {
    from.on('error', () => {});
    from.on('end', () => {
      linger ??= setTimeout(() => from.destroy(), lingerMs);
    });
    from.on('close', () => {
      to.destroy();
      if (--open > 0) return;
      clearTimeout(linger);
      onEnd();
    });
    from.pipe(to);
  };
  link(a, b);
  link(b, a);
};
