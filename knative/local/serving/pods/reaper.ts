import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Log } from '../../store/types.ts';

/** Ends what is registered as soon as this process is gone, however it went. */
export interface Reaper {
  /** Answers how to take it back, once the process has ended by itself. */
  register(pid: number, how: { group: boolean; signal: NodeJS.Signals }): () => void;
  /** Ends the reaper and leaves what is registered alone. */
  close(): Promise<void>;
  /** Of the watching process. */
  readonly pid: number | undefined;
}

/**
 * The end of its input is the runtime's end: no way of dying, not even SIGKILL, keeps the pipe open. A session of its
 * own, since Ctrl-C and a terminal's end reach whole groups.
 */
const script = `trap '' HUP INT TERM QUIT
while read -r verb id signal; do
  case $verb in
    add) list="$list $signal:$id" ;;
    take) rest=; for entry in $list; do [ "\${entry#*:}" = "$id" ] || rest="$rest $entry"; done; list=$rest ;;
    leave) list= ;;
  esac
done
for entry in $list; do kill -s "\${entry%%:*}" -- "\${entry#*:}" 2>/dev/null; done`;

export const createReaper = (log: Log): Reaper => {
  const registered = new Map<string, string>();
  let shell: ChildProcess;
  let closed = false;

  const tell = (line: string) => shell.stdin?.write(`${line}\n`);
  const watch = () => {
    const born = Date.now();
    shell = spawn('/bin/sh', ['-c', script, 'kagari-reaper'], {
      detached: true,
      env: {},
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    shell.unref();
    // A broken pipe is told by 'exit', too.
    shell.stdin?.on('error', () => {});
    shell.on('error', (err) => log.error({ err }, 'no reaper: pods may outlive a killed runtime'));
    shell.on('exit', (code, signal) => {
      if (closed) return;
      log.warn({ code, signal }, 'the reaper was ended: another takes over');
      setTimeout(watch, Date.now() - born < 1_000 ? 100 : 0).unref();
    });
    for (const [id, signal] of registered) tell(`add ${id} ${signal}`);
  };
  watch();

  return {
    get pid() {
      return shell.pid;
    },
    register(pid, { group, signal }) {
      if (!Number.isSafeInteger(pid) || pid < 2) throw new Error(`${pid} is no process to end`);
      const id = `${group ? -pid : pid}`;
      const name = signal.replace('SIG', '');
      registered.set(id, name);
      tell(`add ${id} ${name}`);
      return () => {
        if (registered.delete(id)) tell(`take ${id}`);
      };
    },
    async close() {
      closed = true;
      if (shell.pid === undefined || shell.exitCode !== null || shell.signalCode !== null) return;
      const gone = once(shell, 'exit');
      shell.ref();
      shell.stdin?.end('leave\n');
      await gone;
    },
  };
};
