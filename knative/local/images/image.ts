import * as z from 'zod';

/** `image.json`, beside an image's files: how the image is started. */
export const ImageConfig = z.strictObject({
  /**
   * `node FILE …` runs in the runtime's own Node under its permission model. Any other first word is a program: with a
   * slash it is the image's own file, without one it is looked for on PATH.
   */
  entrypoint: z.array(z.string().min(1)).min(1),
  env: z.record(z.string(), z.string()).default({}),
  /** As a container file's USER, for builds that leave this machine: a pod runs as the runtime's own user. */
  user: z.string().optional(),
});

export type ImageConfig = z.input<typeof ImageConfig>;

export interface Image {
  /** `sha256:…` */
  digest: string;
  /** Absolute; holds image.json. Nobody writes to it. */
  folder: string;
  config: z.output<typeof ImageConfig>;
}
