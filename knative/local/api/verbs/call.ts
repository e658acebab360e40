import type { Resource } from '../catalogue/resources.ts';
import type { ApiRequest } from '../http/exchange.ts';
import type { Format } from '../http/negotiate.ts';
import type { ResourcePath } from '../http/request-info.ts';
import type { User } from '../identity/tokens.ts';
import type { Source } from '../ports.ts';

/** One authorized request for a resource. */
export interface Call {
  request: ApiRequest;
  user: User;
  resource: Resource;
  path: ResourcePath;
  source: Source;
  /** How the answer is wanted. */
  format: Format;
}

/** A call of one object. */
export interface NamedCall extends Call {
  path: ResourcePath & { name: string };
}
