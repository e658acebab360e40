import { connect, type Socket } from 'node:net';
import { createResponseParser, type ResponseEvents } from './response-parser.ts';

/** Who speaks over a connection: one request and its answer. */
export interface Exchange extends ResponseEvents {
  readonly method: string;
  /** The connection stands: the request may be written. */
  connected(connection: Connection): void;
  /** What came at once has been told: more may be long in coming. */
  told(): void;
  /** What was written has left: more may follow. */
  drained(): void;
  /** No more will come: the connection could not be made, broke, or carried no HTTP. */
  failed(error: Error): void;
}

export interface Connection {
  readonly socket: Socket;
  /** Whether an exchange went over it before. */
  reused: boolean;
  /** Gives it back after a whole answer; one whose request is not whole, or that ends with its answer, is closed. */
  release(reusable: boolean, keepAliveMs?: number): void;
  /** Takes the socket out: nothing is read or pooled any more. */
  detach(): Socket;
  destroy(): void;
}

interface Kept extends Connection {
  exchange: Exchange | undefined;
  /** Until when the pod may be relied on to keep an idle connection open. */
  idleUntil: number;
  begin(exchange: Exchange): void;
}

/** Servers that say nothing close after 5 s (Node, uvicorn): stop before them, or a request meets a closing connection. */
const idleMs = 4_000;
const promiseMarginMs = 1_000;
const maxIdle = 256;

/** Connections to one pod, newest first, so that a quiet pod keeps few. */
export const createConnections = (port: number) => {
  const idle: Kept[] = [];
  let closed = false;

  const dial = (): Kept => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let failure: Error | undefined;
    const connection: Kept = {
      socket,
      reused: false,
      exchange: undefined,
      idleUntil: 0,
      begin(exchange) {
        this.exchange = exchange;
        parser.expect(exchange.method);
      },
      release(reusable, keepAliveMs) {
        this.exchange = undefined;
        if (!reusable || closed || socket.destroyed || idle.length >= maxIdle) return void socket.destroy();
        socket.resume();
        this.reused = true;
        this.idleUntil =
          performance.now() + (keepAliveMs === undefined ? idleMs : keepAliveMs - promiseMarginMs);
        idle.push(this);
      },
      detach() {
        this.exchange = undefined;
        socket.removeAllListeners();
        return socket;
      },
      destroy() {
        this.exchange = undefined;
        socket.destroy();
      },
    };
    const forget = () => {
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
    };
    const fail = (error: Error) => {
      const { exchange } = connection;
      connection.exchange = undefined;
      exchange?.failed(error);
    };
    const parser = createResponseParser({
      information: (head) => connection.exchange?.information(head),
      head: (head) => connection.exchange?.head(head),
      data: (chunk) => connection.exchange?.data(chunk),
      end: (trailers) => connection.exchange?.end(trailers),
      switched: (head, rest) => connection.exchange?.switched(head, rest),
    });

    socket.on('connect', () => connection.exchange?.connected(connection));
    socket.on('data', (chunk: Buffer) => {
      try {
        parser.feed(chunk);
        connection.exchange?.told();
      } catch (error) {
        failure = error as Error;
        socket.destroy();
      }
    });
    socket.on('drain', () => connection.exchange?.drained());
    socket.on('end', () => {
      forget();
      parser.close();
    });
    socket.on('error', (error) => {
      failure ??= error;
    });
    socket.on('close', () => {
      forget();
      fail(failure ?? new Error('the pod closed the connection'));
    });
    return connection;
  };

  return {
    /** Gives the exchange a connection and tells it when that stands: at once where one was kept. */
    open(exchange: Exchange): Connection {
      const now = performance.now();
      for (let kept = idle.pop(); kept; kept = idle.pop()) {
        if (kept.idleUntil > now && !kept.socket.destroyed && !kept.socket.readableEnded) {
          kept.begin(exchange);
          exchange.connected(kept);
          return kept;
        }
        kept.destroy();
      }
      const fresh = dial();
      fresh.begin(exchange);
      return fresh;
    },
    /** Closes what has been idle for too long. */
    sweep(now: number): void {
      for (const kept of idle.filter(({ idleUntil }) => idleUntil <= now)) kept.destroy();
    },
    /** Closes idle connections now, and the others after their answers. */
    close(): void {
      closed = true;
      for (const kept of idle.splice(0)) kept.destroy();
    },
  };
};

export type Connections = ReturnType<typeof createConnections>;
