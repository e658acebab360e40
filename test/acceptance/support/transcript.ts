import { execFile } from 'node:child_process';

export interface Step {
  command: string;
  output: string;
}

/** The commands of a document's console blocks, each with the output that it shows. */
export const readTranscript = (markdown: string): Step[] =>
  [...markdown.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [command = '', ...output] = text.split('\n');
        return { command, output: output.join('\n') };
      }),
  );

const mark = '\x1e';

/** What the commands print, one after another in one shell. */
export const replay = (
  commands: string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const script = commands.map((command) => `printf '${mark}'\n{ ${command}\n} 2>&1`).join('\n');
    execFile('bash', ['-c', script], { cwd, env, timeout: 110_000 }, (error, out) => {
      const outputs = out.split(mark).slice(1);
      if (outputs.length === commands.length) resolve(outputs);
      else reject(new Error(`the shell ended at: ${commands[outputs.length - 1]}`, { cause: error }));
    });
  });

/** Printed text without what differs from one run to the next: times, hashes, and how often kn looked. */
export const comparable = (text: string): string =>
  text
    .replace(/^ +\d+\.\d+s .*\n/gm, '')
    .replace(/\b\d+[smhd]\b/g, 'AGE')
    .replace(/\b[0-9a-f]{6,64}\b/g, 'HASH')
    .replace(/ +/g, ' ')
    .replace(/ $/gm, '')
    .trim();
