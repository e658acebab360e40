import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { addressOf, embedded, knownDatabases } from '../../knative/local/known-databases.ts';
import { askEmbedded, askGiven } from './ask-database.ts';
import { askRuntime } from './ask-runtime.ts';
import type { Namer } from './namer.ts';

/**
 * Everybody who may name an image of this home: the platform that runs, by its API, and each database that the home was
 * ever started with and that this one does not run on, held so that no platform begins meanwhile. Throws where one of
 * them cannot be asked.
 */
export const openNamers = async ({
  home,
  databaseUrl,
}: {
  home: string;
  databaseUrl?: string;
}): Promise<Namer> => {
  const known = await knownDatabases(home);
  if (!known.has(embedded) && (await stat(join(home, 'postgres')).catch(() => undefined)))
    known.set(embedded, '');
  const namers: Namer[] = [];
  const close = async () => {
    for (const namer of namers.splice(0)) await namer.close();
  };
  try {
    const runtime = await askRuntime(home);
    if (runtime) namers.push(runtime);
    for (const [address, mark] of known) {
      if (runtime && runtime.mark === mark) continue;
      if (address === embedded) namers.push(await askEmbedded(home));
      else if (databaseUrl && addressOf(databaseUrl) === address) namers.push(await askGiven(databaseUrl));
      else
        throw new Error(
          `${home} was started with the database ${address}, too, whose Revisions may name its images: set DATABASE_URL to it, or strike it from ${join(home, 'databases.json')} if it is gone`,
        );
    }
  } catch (error) {
    await close();
    throw new Error(`nothing was removed: ${(error as Error).message}`, { cause: error });
  }
  return {
    close,
    digests: async () => (await Promise.all(namers.map((namer) => namer.digests()))).flat(),
  };
};
