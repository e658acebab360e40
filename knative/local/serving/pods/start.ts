import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageStore } from '../../images/store.ts';
import type { PodContext, RevisionKey, RevisionSpec } from '../ports.ts';
import { podCommand } from './command.ts';
import { podEnvironment } from './environment.ts';
import { StartError } from './failure.ts';
import { noteProcess } from './leftovers.ts';
import type { createPodLog } from './log.ts';
import type { Ports } from './ports.ts';
import { type PodProcess, startProcess } from './process.ts';
import type { Reaper } from './reaper.ts';
import type { Volumes } from './volumes.ts';

/** What all pods of a runtime share. */
export interface Workshop {
  images: ImageStore;
  ports: Ports;
  reaper: Reaper;
  context(key: RevisionKey): Promise<PodContext>;
  /** The internal listener, asked at each start. */
  proxy(): string;
  /** PATH of programs that are not Node. */
  path: string;
  /** `<home>/pods` and `<home>/cache`, absolute and free of links. */
  podsFolder: string;
  cacheFolder: string;
}

export interface StartedPod {
  process: PodProcess;
  port: number;
}

/** Starts a pod's process on a port of its own; it is not ready yet. Throws a StartError. */
export const startPod = async (
  workshop: Workshop,
  pod: { key: RevisionKey; spec: RevisionSpec; folder: string; volumes: Volumes },
  watch: { output: ReturnType<typeof createPodLog>; restart: number; onExit(): void },
): Promise<StartedPod> => {
  const { spec, folder } = pod;
  const cache = join(workshop.cacheFolder, spec.imageDigest.replace(':', '-'));
  const folders = { tmp: join(folder, 'tmp'), volumes: volumesFolder(folder), cache };
  const port = await workshop.ports.take();
  try {
    let context: PodContext = { env: {}, volumes: [] };
    const readVolumes = async () => {
      context = await contextOf(workshop, pod.key);
      return context.volumes;
    };
    const [image] = await Promise.all([
      workshop.images.open(spec.imageDigest),
      mkdir(folders.tmp, { recursive: true, mode: 0o700 }),
      mkdir(cache, { recursive: true, mode: 0o700 }),
      pod.volumes.write(readVolumes),
    ]);
    if (!image)
      throw new StartError('ErrImagePull', `there is no image ${spec.imageDigest} in the image store`);
    const command = podCommand(spec, image, folders);
    const place = { ...folders, port, proxy: workshop.proxy() };
    const path = command.isNode ? undefined : workshop.path;
    const env = podEnvironment(spec, image.config.env, context, place, path);
    const process = await startProcess(
      command,
      { cwd: image.folder, env },
      { ...watch, reaper: workshop.reaper },
    );
    void noteProcess(folder, process.pid);
    process.ended.then(() => workshop.ports.release(port));
    return { process, port };
  } catch (error) {
    workshop.ports.release(port);
    throw error;
  }
};

/** Where mount paths lie, below a pod's own folder. */
export const volumesFolder = (podFolder: string): string => join(podFolder, 'volumes');

const contextOf = async (workshop: Workshop, key: RevisionKey): Promise<PodContext> =>
  workshop.context(key).catch((error) => {
    throw new StartError(
      'CreateContainerConfigError',
      error instanceof Error ? error.message : String(error),
    );
  });
