import * as z from 'zod';
import { operation } from '../kit/operation.ts';

const page = (path: `/${string}`, summary: string) =>
  operation({
    method: 'get',
    path,
    access: 'public',
    summary,
    responses: { 200: { description: 'A page', contentType: 'text/html' } },
  });

export const operations = {
  start: page('/', 'What runs here and how to try it'),
  signUp: page('/app/signup', 'Open an account'),
  logIn: page('/app/login', 'Sign in'),
  shop: page('/app/shop', 'The catalog, and placing an order'),
  orders: page('/app/orders', 'Own orders'),
  order: operation({
    ...page('/app/orders/:id', 'An own order, followed live'),
    params: z.object({ id: z.uuid() }),
  }),
  asset: operation({
    method: 'get',
    path: '/assets/:version/:file',
    access: 'public',
    summary: 'What the pages are made of',
    params: z.object({ version: z.string(), file: z.string() }),
    responses: { 200: { description: 'A script, a style or an image', contentType: '*/*' } },
  }),
  favicon: operation({
    method: 'get',
    path: '/favicon.ico',
    access: 'public',
    summary: 'The icon, for whoever asks without reading a page',
    responses: { 200: { description: 'An image', contentType: 'image/svg+xml' } },
  }),
};
