import { StatusError } from '../../store/status-error.ts';

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Throws Forbidden unless Host names loopback and Origin, where a browser sends one, is of loopback too: a page whose
 * own name was rebound to 127.0.0.1 shows that name in both.
 */
export const guardAgainstRebinding = (host: string | undefined, origin: string | undefined): void => {
  if (!loopback.has(nameOf(`https://${host ?? ''}`)))
    throw new StatusError('Forbidden', `forbidden: Host ${JSON.stringify(host ?? '')} is not this server`);
  if (origin !== undefined && !loopback.has(nameOf(origin)))
    throw new StatusError(
      'Forbidden',
      `forbidden: Origin ${JSON.stringify(origin)} may not call this server`,
    );
};

const nameOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');
