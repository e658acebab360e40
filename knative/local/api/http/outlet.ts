import type { ServerResponse } from 'node:http';
import type { Outlet } from './exchange.ts';

/** A response that goes on until someone ends it: who writes it, its caller, or the server's stop. */
export const openOutlet = (outgoing: ServerResponse, stopping: AbortSignal): Outlet => {
  const closed = new AbortController();
  const end = () => {
    if (closed.signal.aborted) return;
    closed.abort();
    stopping.removeEventListener('abort', end);
    outgoing.end();
  };
  const abandon = () => {
    outgoing.destroy();
    end();
  };
  outgoing.on('close', end);
  outgoing.on('error', end);
  stopping.addEventListener('abort', end);
  outgoing.flushHeaders();
  if (stopping.aborted || outgoing.destroyed) end();
  return {
    write: (text) => void (closed.signal.aborted || outgoing.write(text)),
    end,
    abandon,
    backlog: () => outgoing.writableLength,
    closed: closed.signal,
  };
};
