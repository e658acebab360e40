import { asc } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { products } from '../../db/schema/orders.ts';

export type Product = typeof products.$inferSelect;
export type Catalog = () => Promise<ReadonlyMap<string, Product>>;

/** The products by sku. A changed price counts after `maxAgeMs` at the latest; an order keeps the prices it was placed at. */
export const createCatalog = (db: PostgresJsDatabase, maxAgeMs = 10_000): Catalog => {
  const all = db.select().from(products).orderBy(asc(products.sku)).prepare('catalog');
  let read: Promise<ReadonlyMap<string, Product>> | undefined;
  let readAt = 0;

  return () => {
    if (!read || Date.now() - readAt > maxAgeMs) {
      readAt = Date.now();
      read = all.execute().then((rows) => new Map(rows.map((product) => [product.sku, product])));
      read.catch(() => {
        read = undefined;
      });
    }
    return read;
  };
};
