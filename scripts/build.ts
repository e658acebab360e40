import { join } from 'node:path';
import { imageProblem } from '../knative/local/admission/serving/image-reference.ts';
import { buildImage } from '../knative/local/build-images.ts';
import { createImageStore } from '../knative/local/images/store.ts';
import { type Command, readArguments, readHome, readText, UsageError } from './command.ts';

const root = join(import.meta.dirname, '..');

const usage = `kagari build <function> [-t dev] [--home .kagari]

Builds the image dev.local/<function>:<tag> and prints its reference and digest. What names the tag already stays with
the image that it has; a new revision takes the new one: kn service update orders --image dev.local/orders:v2

  -t                   tag (dev)
  --home               everything the runtime keeps              KAGARI_HOME`;

export interface BuildOptions {
  name: string;
  reference: string;
  home: string;
}

export const readBuild = (args: string[], env: NodeJS.ProcessEnv): BuildOptions => {
  const { values, positionals } = readArguments(args, {
    tag: { type: 'string', short: 't' },
    home: { type: 'string' },
  });
  const [name, more] = positionals;
  if (!name) throw new UsageError('build takes the name of a function');
  if (more !== undefined) throw new UsageError(`build takes one function, not ${more}, too`);
  const tag = readText('-t', values.tag, 'dev');
  const reference = `dev.local/${name}:${tag}`;
  if (/[:/@]/.test(tag)) throw new UsageError(`-t is ${tag}: it takes the tag alone, such as v2`);
  const problem = imageProblem(reference);
  if (problem) throw new UsageError(problem);
  return { name, reference, home: readHome(values.home, env) };
};

export const command: Command = {
  usage,
  read(args, env) {
    const options = readBuild(args, env);
    return async () => {
      const images = createImageStore(options.home);
      const { reference, digest } = await buildImage({ ...options, root, images });
      console.log(`${reference} ${digest}`);
    };
  },
};
