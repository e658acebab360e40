import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const pom = join(import.meta.dirname, '../pom.xml');

/** What a Kafka of the tests needs and this machine lacks; undefined where it has all. */
export const whatIsMissing = async (): Promise<string | undefined> => {
  for (const [program, argument] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const)
    if (
      !(await run(program, [argument]).then(
        () => true,
        () => false,
      ))
    )
      return program;
  return undefined;
};

/** The folder of Kafka's jars, of the pom's version or KAFKA_VERSION: fetched by Maven once for each. */
export const kafkaJars = async (): Promise<string> => {
  const { KAFKA_VERSION } = process.env;
  const version = KAFKA_VERSION ? [`-Dkafka.version=${KAFKA_VERSION}`] : [];
  const digest = createHash('sha256')
    .update(await readFile(pom))
    .update(version.join())
    .digest('hex')
    .slice(0, 12);
  const folder = join(root, 'node_modules/.cache/kagari/kafka', digest);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  await run('mvn', ['-B', '-q', '-f', pom, ...version, ...goal], { maxBuffer: 1 << 26 });
  // Another run may have been first.
  await rename(partial, folder).catch(() => rm(partial, { recursive: true, force: true }));
  return folder;
};
