import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Builder } from './builder.ts';
import type { ImagePlan } from './references.ts';
import type { Target } from './target.ts';
import type { Tools } from './tools.ts';

export interface Delivery {
  builder: Builder;
  target: Pick<Target, 'kind' | 'cluster'>;
  /** The references are a registry's. */
  push: boolean;
  say(line: string): void;
}

/** Builds the images one after the other, so that each finds the layers of the one before, and gives them to the cluster. */
export const deliverImages = async (
  tools: Tools,
  plans: readonly ImagePlan[],
  { builder, target, push, say }: Delivery,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'kagari-deploy-'));
  try {
    for (const { name, reference } of plans) {
      const started = performance.now();
      await builder.build(name, reference);
      if (push) await builder.push(reference);
      else if (!builder.delivers) await load(tools, { builder, target, reference, folder });
      say(`  ${reference}   ${((performance.now() - started) / 1000).toFixed(1)} s`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const load = async (
  tools: Tools,
  {
    builder,
    target,
    reference,
    folder,
  }: Pick<Delivery, 'builder' | 'target'> & Record<'reference' | 'folder', string>,
): Promise<void> => {
  const archive = join(folder, 'image.tar');
  await rm(archive, { force: true });
  await builder.save(reference, archive);
  await tools.run(
    target.kind,
    target.kind === 'kind'
      ? ['load', 'image-archive', archive, '--name', target.cluster]
      : ['image', 'load', archive, '-p', target.cluster],
  );
};
