import { resolve } from 'node:path';
import { pruneImages } from '../knative/local/images/prune.ts';
import { type Command, readArguments, readHome, UsageError } from './command.ts';
import { openNamers } from './prune/namers.ts';
import { sizeFor } from './size.ts';

const usage = `kagari prune [--dry-run] [--home .kagari]

Removes the images that no Revision names, no pod runs and no tag means. What is named it asks the Kubernetes API of the
running platform, or its database when that is down; where it cannot know, it removes nothing.

  --dry-run            say what would be removed
  --home               everything the runtime keeps              KAGARI_HOME
  DATABASE_URL         as at the platform's start`;

export interface PruneOptions {
  home: string;
  dryRun: boolean;
  databaseUrl?: string;
}

export const readPrune = (args: string[], env: NodeJS.ProcessEnv): PruneOptions => {
  const { values, positionals } = readArguments(args, {
    'dry-run': { type: 'boolean', default: false },
    home: { type: 'string' },
  });
  if (positionals.length > 0) throw new UsageError(`prune takes no ${positionals[0]}`);
  return {
    home: readHome(values.home, env),
    dryRun: values['dry-run'],
    ...(env.DATABASE_URL ? { databaseUrl: env.DATABASE_URL } : {}),
  };
};

export const command: Command = {
  usage,
  read(args, env) {
    const options = readPrune(args, env);
    return () => prune(options);
  },
};

const prune = async ({ dryRun, databaseUrl, ...options }: PruneOptions): Promise<void> => {
  const home = resolve(options.home);
  const namers = await openNamers({ home, ...(databaseUrl && { databaseUrl }) });
  try {
    const removed = await pruneImages({ home, dryRun, used: namers.digests });
    for (const { digest, bytes } of removed) console.log(`${digest}   ${sizeFor(bytes)}`);
    const sum = removed.reduce((total, { bytes }) => total + bytes, 0);
    const many = removed.length === 1 ? '1 image' : `${removed.length} images`;
    console.log(`${many} ${dryRun ? 'would be removed' : 'removed'}, ${sizeFor(sum)}`);
  } finally {
    await namers.close();
  }
};
