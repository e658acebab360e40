import { type ServerResponse, STATUS_CODES } from 'node:http';

/** What the data plane answers in a pod's stead (RFC 9457). */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  /** Seconds. */
  retryAfter?: number;
  /** The methods that there are instead. */
  allow?: string;
}

export const problemBody = ({ status, code, title, detail }: Problem): string =>
  JSON.stringify({ type: `urn:kagari:problem:${code}`, title, status, detail, code });

export const problemFields = (problem: Problem, body: string): Record<string, string> => ({
  'Content-Type': 'application/problem+json',
  'Content-Length': String(Buffer.byteLength(body)),
  ...(problem.retryAfter !== undefined && { 'Retry-After': String(problem.retryAfter) }),
  ...(problem.allow !== undefined && { Allow: problem.allow }),
});

/** Answers it where nothing was answered yet; cuts the connection where an answer had begun. */
export const answerProblem = (response: ServerResponse, problem: Problem): void => {
  if (response.headersSent) return void response.destroy();
  const body = problemBody(problem);
  response.writeHead(problem.status, STATUS_CODES[problem.status], problemFields(problem, body));
  response.end(body);
};

export const problems = {
  overloaded: (detail: string): Problem => ({
    status: 503,
    code: 'overloaded',
    title: 'Too many requests are waiting',
    detail,
    retryAfter: 1,
  }),
  notStarted: (detail: string): Problem => ({
    status: 503,
    code: 'not-started',
    title: 'The service could not be started',
    detail,
    retryAfter: 1,
  }),
  stopping: (): Problem => ({
    status: 503,
    code: 'stopping',
    title: 'The service is stopping',
    detail: 'It takes no more requests.',
    retryAfter: 1,
  }),
  timedOut: (seconds: number): Problem => ({
    status: 504,
    code: 'timeout',
    title: 'The service did not answer in time',
    detail: `No answer began within ${seconds} s.`,
  }),
  incomplete: (): Problem => ({
    status: 400,
    code: 'incomplete',
    title: 'The request is not whole',
    detail: 'It ended before its body did.',
  }),
  broken: (): Problem => ({
    status: 502,
    code: 'bad-gateway',
    title: 'The service broke off',
    detail: 'It ended the connection before its answer, or did not answer in HTTP.',
  }),
};
