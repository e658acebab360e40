import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHead } from './request-head.ts';

/** Passes a request's body on as it comes, at the pod's pace; `onBroken` where the caller ends before it does. */
export const sendBody = (request: IncomingMessage, kind: RequestHead['body'], onBroken: () => void) => {
  let socket: Socket | undefined;
  let sent = kind === 'none';

  const pass = (chunk: Buffer) => {
    if (!socket) return;
    let flowing: boolean;
    if (kind === 'sized') flowing = socket.write(chunk);
    else {
      socket.cork();
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      socket.write(chunk);
      flowing = socket.write('\r\n', 'latin1');
      socket.uncork();
    }
    if (!flowing) request.pause();
  };
  const end = () => {
    sent = true;
    if (kind === 'chunked') socket?.write(`0\r\n${lines(request.rawTrailers)}\r\n`, 'latin1');
  };

  const close = () => {
    if (!sent) onBroken();
  };

  return {
    /** Only a connection that stands takes bytes out of the request: until then it can go elsewhere. */
    begin(to: Socket): void {
      if (sent) return;
      socket = to;
      request.on('data', pass);
      request.on('end', end);
      request.on('close', close);
    },
    resume: (): void => void request.resume(),
    sent: () => sent,
    /** What still comes is read and dropped, so that the caller's connection can go on. */
    stop(): void {
      if (sent) return;
      request.off('data', pass);
      request.off('end', end);
      request.off('close', close);
      request.resume();
    },
  };
};

const lines = (fields: readonly string[]): string => {
  let text = '';
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return text;
};
