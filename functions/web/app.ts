import type { Base } from '../kit/base.ts';
import { createFunction } from '../kit/function.ts';
import { notFound } from '../kit/problem.ts';
import type { Asset, Assets } from './assets.ts';
import { operations } from './operations.ts';
import { type Page, pageHeaders, renderPage } from './page.ts';
import { logInPage } from './pages/log-in.ts';
import { orderPage } from './pages/order.ts';
import { ordersPage } from './pages/orders.ts';
import { shopPage } from './pages/shop.ts';
import { signUpPage } from './pages/sign-up.ts';
import { siteOf, startPage } from './pages/start.ts';

export interface Deps {
  base: Base;
  assets: Assets;
  /** What the start page shows as running. */
  functions: readonly string[];
}

const year = 'public, max-age=31536000, immutable';

export const createApp = ({ base, assets, functions }: Deps) => {
  const fn = createFunction(base);

  const show = (page: Page) => new Response(renderPage(page, assets), { headers: pageHeaders });
  const send = ({ body, contentType }: Asset, cacheControl: string) =>
    new Response(body, { headers: { 'content-type': contentType, 'cache-control': cacheControl } });

  fn.on(operations.start, ({ c }) =>
    show(
      startPage(
        functions,
        siteOf((name) => c.req.header(name)),
      ),
    ),
  );
  fn.on(operations.signUp, () => show(signUpPage));
  fn.on(operations.logIn, () => show(logInPage));
  fn.on(operations.shop, () => show(shopPage));
  fn.on(operations.orders, () => show(ordersPage));
  fn.on(operations.order, () => show(orderPage));

  fn.on(operations.asset, ({ params: { version, file } }) => {
    const asset = assets.find(file);
    if (!asset) throw notFound();
    // While two revisions answer, a page of one may ask the other: it gets what there is, and keeps it not.
    return send(asset, version === assets.version ? year : 'no-store');
  });
  fn.on(operations.favicon, () => {
    const icon = assets.find('icon.svg');
    if (!icon) throw notFound();
    return send(icon, 'public, max-age=86400');
  });

  return fn.app;
};

export type App = ReturnType<typeof createApp>;
