import { isOneSegment } from './allow-list.ts';

/** Where the pages live; everything else at the root is the name of a function, or the gateway's own. */
const page = /^\/(?:$|favicon\.ico$|app(?:\/|$)|assets\/.)/;

/** Whether a path is one of the pages of the function web, or what they are made of; all segments plain. */
export const isPagePath = (path: string): boolean =>
  page.test(path) &&
  path
    .slice(1)
    .split('/')
    .every((segment, at, all) => isOneSegment(segment) || (segment === '' && at === all.length - 1));
