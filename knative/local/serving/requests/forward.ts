import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../store/types.ts';
import type { Pod } from '../pods/pod.ts';
import type { Connection, Exchange } from './connections.ts';
import { answerProblem, type Problem, problems } from './problem.ts';
import { receiveAnswer } from './receive-answer.ts';
import { type Origin, requestHead } from './request-head.ts';
import { sendBody } from './send-body.ts';
import { tunnel, type Upgrade } from './tunnel.ts';

/** A revision as a request sees it. */
export interface Destination {
  readonly timeoutMs: number;
  readonly log: Log;
  /** A pod with room, counted as having this request from now on; undefined where the request must wait. */
  take(): Pod | undefined;
  /** Waits for a pod with room; answers a problem where it cannot even wait. */
  wait(waiter: Waiter): Problem | undefined;
  leave(waiter: Waiter): void;
  /** Gives a taken pod back. */
  done(pod: Pod): void;
  /** The request is over. */
  over(): void;
}

export interface Waiter {
  go(pod: Pod): void;
  refuse(problem: Problem): void;
}

/** A pod that refuses or breaks off is asked whether it is ready before it gets more: other tries meet other pods. */
const maxRefusals = 3;
/** Whoever is ended by one request ends no more pods than these. */
const maxRepeats = 2;

/**
 * Takes a request to a pod and its answer back. It goes to a second pod only when the first never got it, or when it is
 * repeatable and no byte of an answer came.
 */
export const forward = (
  destination: Destination,
  request: IncomingMessage,
  response: ServerResponse,
  origin: Origin,
  upgrade?: Upgrade,
): void => {
  const head = requestHead(request, origin, upgrade !== undefined);
  let pod: Pod | undefined;
  let connection: Connection | undefined;
  let connected = false;
  let over = false;
  let refusals = 0;
  let repeats = 0;
  const body = sendBody(request, head.body, () => refuse(problems.incomplete()));
  const answer = receiveAnswer(request, response);

  const finish = () => {
    over = true;
    clearTimeout(timer);
    body.stop();
    if (pod) destination.done(pod);
    destination.over();
  };
  const refuse = (problem: Problem) => {
    if (over) return;
    destination.leave(waiter);
    connection?.destroy();
    finish();
    answerProblem(response, problem);
  };
  const waiter: Waiter = { go: (granted) => attempt(granted), refuse };
  const seek = () => {
    const granted = destination.take();
    if (granted) return attempt(granted);
    const problem = destination.wait(waiter);
    if (problem) refuse(problem);
  };
  const attempt = (granted: Pod) => {
    pod = granted;
    connected = false;
    connection = granted.connections.open(exchange);
  };
  const seekAnother = () => {
    if (pod) destination.done(pod);
    pod = undefined;
    connection = undefined;
    seek();
  };

  const exchange: Exchange = {
    method: request.method ?? 'GET',
    connected(standing) {
      connected = true;
      connection = standing;
      standing.socket.write(head.text, 'latin1');
      body.begin(standing.socket);
    },
    told: answer.flush,
    drained: body.resume,
    information: answer.information,
    head(answerHead) {
      clearTimeout(timer);
      answer.head(answerHead, connection as Connection);
    },
    data: answer.data,
    end(trailers) {
      connection?.release(body.sent() && answer.keepAlive(), answer.keepAliveMs());
      finish();
      answer.end(trailers);
    },
    switched(answerHead, rest) {
      if (!upgrade || !connection || !pod) return refuse(problems.broken());
      clearTimeout(timer);
      response.statusCode = 101;
      const tunnelled = pod;
      tunnelled.tunnels++;
      tunnelled.checkDrain();
      response.detachSocket(upgrade.socket);
      tunnel(upgrade, connection.detach(), answerHead, rest, () => {
        tunnelled.tunnels--;
        finish();
      });
    },
    failed(error) {
      connection = undefined;
      if (over) return;
      if (answer.begun()) {
        finish();
        // For whoever counts answers: the one that began was none.
        response.statusCode = 502;
        response.destroy();
        return;
      }
      pod?.suspect();
      if (connected ? head.repeatable && repeats++ < maxRepeats : refusals++ < maxRefusals) seekAnother();
      else {
        destination.log.warn(
          { err: error, pod: pod?.name, path: request.url?.split('?')[0] },
          'a pod broke off',
        );
        refuse(problems.broken());
      }
    },
  };

  const timer = setTimeout(() => {
    refuse(problems.timedOut(destination.timeoutMs / 1000));
  }, destination.timeoutMs);
  response.on('close', () => {
    if (over || response.statusCode === 101) return;
    destination.leave(waiter);
    connection?.destroy();
    finish();
  });
  seek();
};
