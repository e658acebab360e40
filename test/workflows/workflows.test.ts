import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { install } from '../../scripts/deploy/missing.ts';
import { findTool, unless } from '../acceptance/support/tools.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Job {
  name: string;
  if?: string;
  'timeout-minutes'?: number | string;
  permissions?: Record<string, string>;
  strategy?: { matrix: { project?: string[] } };
  steps: Step[];
}

interface Workflow {
  on: Record<string, unknown>;
  permissions?: unknown;
  concurrency?: { group: string; 'cancel-in-progress': unknown };
  defaults?: { run: { shell: string } };
  jobs: Record<string, Job>;
}

const files = readdirSync(join(root, '.github/workflows')).map((file) => `.github/workflows/${file}`);
const workflows = files.map((file) => ({ file, text: read(file), workflow: parse(read(file)) as Workflow }));
const jobs = workflows.flatMap(({ file, workflow }) =>
  Object.entries(workflow.jobs).map(([id, job]) => ({ file, id, job })),
);
const steps = jobs.flatMap(({ file, id, job }) =>
  job.steps.map((step) => ({ where: `${file} ${id}`, step })),
);
const runs = steps.flatMap(({ where, step }) => (step.run === undefined ? [] : [{ where, run: step.run }]));

describe('a workflow', () => {
  it('uses only actions that are pinned by commit, with the version beside it', () => {
    const lines = workflows.flatMap(({ text }) => text.match(/^.*\buses:.*$/gm) ?? []);
    expect(lines).toHaveLength(steps.filter(({ step }) => step.uses).length);
    for (const line of lines) expect(line).toMatch(/ uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('names the same commit of an action everywhere', () => {
    const pins = new Set(steps.flatMap(({ step }) => step.uses ?? []));
    expect(new Set([...pins].map((pin) => pin.split('@')[0])).size).toBe(pins.size);
  });

  it('has no permissions but those that a job asks for, and no job asks to write the repository', () => {
    for (const { workflow } of workflows) expect(workflow.permissions).toEqual({});
    for (const { job } of jobs) expect(job.permissions?.contents ?? 'none').not.toBe('write');
  });

  it('gives rights to write to no pull request', () => {
    for (const { file, workflow } of workflows) {
      expect(Object.keys(workflow.on), file).not.toContain('pull_request_target');
      if (!Object.hasOwn(workflow.on, 'pull_request')) continue;
      for (const [id, job] of Object.entries(workflow.jobs))
        if (Object.values(job.permissions ?? {}).includes('write'))
          expect(job.if, `${file} ${id}`).toBe("github.event_name == 'push'");
    }
  });

  it('ends in time, in each of its jobs', () => {
    for (const { file, id, job } of jobs) expect(job['timeout-minutes'], `${file} ${id}`).toBeDefined();
  });

  it('says what becomes of a run that another one meets', () => {
    for (const { workflow, file } of workflows)
      expect(Object.keys(workflow.concurrency ?? {}), file).toEqual(['group', 'cancel-in-progress']);
  });

  it('leaves no credentials in a checkout', () => {
    for (const { step, where } of steps)
      if (step.uses?.startsWith('actions/checkout@'))
        expect(step.with?.['persist-credentials'], where).toBe(false);
  });

  it('puts no value into a script: they come by the environment', () => {
    for (const { run, where } of runs) expect(run, where).not.toContain('${{');
  });

  it('runs its scripts by a bash that ends at the first failure, in a pipe, too', () => {
    for (const { workflow, file } of workflows) expect(workflow.defaults?.run.shell, file).toBe('bash');
  });

  it('installs programs by version only', () => {
    const installed = runs.flatMap(({ run }) => run.match(/\bgo install .*$/gm) ?? []);
    expect(installed.length).toBeGreaterThan(0);
    for (const command of installed) expect(command).toMatch(/^go install [\w./-]+@v\d+\.\d+\.\d+$/);
    for (const { run, where } of runs) expect(run, where).not.toMatch(/\b(curl|wget)\b/);
    for (const line of read('.github/requirements.txt').trim().split('\n'))
      expect(line).toMatch(/^[\w-]+==[\d.]+( --hash=sha256:[0-9a-f]{64})+$/);
  });

  it('hands secrets to steps only, and a kubeconfig in a file that is removed', () => {
    for (const { file, text, workflow } of workflows) {
      const inSteps = Object.values(workflow.jobs).flatMap((job) =>
        job.steps.flatMap(({ env = {} }) => Object.values(env)),
      );
      const uses = inSteps.filter((value) => String(value).includes('secrets.'));
      expect(text.match(/\bsecrets\.\w/g)?.length ?? 0, file).toBe(uses.length);
    }
    const deploy = jobs.find(({ file }) => file.endsWith('/deploy.yml'))?.job.steps ?? [];
    expect(deploy.find(({ env }) => env?.KUBE_CONFIG_BASE64)?.run).toMatch(/^umask 077\n/);
    expect(deploy.at(-1)).toEqual({
      name: 'Remove the kubeconfig',
      if: 'always()',
      run: 'rm -f "$RUNNER_TEMP/kubeconfig"',
    });
  });
});

describe('CI', () => {
  const ci = workflows.find(({ file }) => file.endsWith('/ci.yml'))?.workflow;
  const commands = Object.values(ci?.jobs ?? {}).flatMap((job) => job.steps.flatMap(({ run = [] }) => run));

  it('runs each part of npm test once', () => {
    const projects = ci?.jobs.test?.strategy?.matrix.project?.map((name) => `--project ${name}`).join(' ');
    expect(JSON.parse(read('package.json')).scripts.test).toBe(
      `npm run lint && npm run typecheck && vitest run ${projects}`,
    );
    for (const command of ['npm run lint', 'npm run typecheck', 'npx vitest run --project "$PROJECT"'])
      expect(commands.filter((each) => each === command)).toHaveLength(1);
  });

  it('installs Knative by pinned releases, as kagari deploy names them', () => {
    expect(commands.filter((each) => each.startsWith('npm run test:kind'))).toHaveLength(1);
    for (const command of [install.serving, install.kourier, install.eventing, install.channelBroker])
      expect(command).toMatch(/releases\/download\/knative-v\d+\.\d+\.\d+\//);
  });
});

describe('the allow-list of findings', () => {
  interface Allowed {
    id?: string;
    expired_at?: string;
    statement?: string;
  }
  const allowed: Allowed[] = parse(read('.trivyignore.yaml')).vulnerabilities;

  it('has a day and a reason for each, and none whose day has passed or is further than half a year', () => {
    const today = Date.now();
    for (const { id, expired_at = '', statement = '' } of allowed) {
      expect(id).toMatch(/^(CVE-\d{4}-\d{4,}|GHSA(-[0-9a-z]{4}){3})$/);
      expect(expired_at, id).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(Date.parse(expired_at), `${id} has expired: fix it, or give it another day`).toBeGreaterThan(
        today,
      );
      expect(Date.parse(expired_at), id).toBeLessThan(today + 183 * 86_400_000);
      expect(statement.length, id).toBeGreaterThan(20);
    }
  });

  it('is what every scan that can fail goes by', () => {
    const images = runs.filter(({ run }) => run.includes('--exit-code'));
    expect(images).toHaveLength(1);
    expect(images[0]?.run).toContain('--severity HIGH,CRITICAL --ignorefile .trivyignore.yaml --exit-code 1');
  });
});

describe('updates', () => {
  it('come in groups, and not on the day of their release', () => {
    const { updates } = parse(read('.github/dependabot.yml'));
    const systems = updates.map((update: Record<string, string>) => update['package-ecosystem']);
    expect(systems).toEqual(expect.arrayContaining(['npm', 'github-actions', 'docker']));
    for (const { groups, cooldown } of updates) {
      expect(Object.keys(groups)).toHaveLength(1);
      expect(cooldown['default-days']).toBeGreaterThanOrEqual(7);
    }
  });
});

describe('linters of workflows', () => {
  const ask = (program: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
    return { status, said: status === 0 ? '' : stdout + stderr };
  };
  const [actionlint, shellcheck, zizmor] = ['actionlint', 'shellcheck', 'zizmor'].map((name) =>
    findTool(name.toUpperCase(), name),
  );

  it.skipIf(!actionlint || !shellcheck)(
    `actionlint with shellcheck has nothing to say${unless(actionlint, 'ACTIONLINT')}${unless(shellcheck, 'SHELLCHECK')}`,
    () => {
      expect(ask(actionlint ?? '', '-shellcheck', shellcheck ?? '', ...files)).toEqual({
        status: 0,
        said: '',
      });
    },
  );

  it.skipIf(!zizmor)(`zizmor has nothing to say, pedantic as it can be${unless(zizmor, 'ZIZMOR')}`, () => {
    expect(ask(zizmor ?? '', '--offline', '--pedantic', '--collect=all', '.github')).toEqual({
      status: 0,
      said: '',
    });
  });
});
