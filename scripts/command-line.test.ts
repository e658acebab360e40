import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

const start = (args: string[], env = {}) => {
  const line = parseCommandLine(['start', ...args], env);
  if (!('start' in line)) throw new Error(line.usage);
  return line.start;
};

describe('the command line', () => {
  it('has the defaults of the contract', () => {
    expect(start([])).toEqual({
      port: 8080,
      kubePort: 16443,
      directPort: 3000,
      home: '.kagari',
      defaultService: 'gateway',
      manifests: 'knative/manifests/base',
    });
  });

  it('lets an option win over its environment variable', () => {
    expect(start(['--port', '9000'], { KAGARI_PORT: '9001', KAGARI_HOME: '/x' })).toMatchObject({
      port: 9000,
      home: '/x',
    });
  });

  it.each([
    [['start', '--port', '70000'], /--port is 70000/],
    [['start', '--port', '1e3'], /--port is 1e3/],
    [['start', '--port', '0'], /from 1 to 65535/],
    [['start', '--prot', '1'], /--prot/],
    [['start', '--home', ''], /--home is empty/],
    [['start', 'x'], /-f DIR/],
    [['stop'], /no command stop/],
    [[], /name a command/],
  ])('refuses %j with exit code 2 and one line that says why', (args, why) => {
    const line = parseCommandLine(args, {});
    expect(line).toMatchObject({ exitCode: 2 });
    const usage = 'usage' in line ? line.usage : '';
    expect(usage).toMatch(/^error: [^\n]+$/);
    expect(usage).toMatch(why);
  });
});
