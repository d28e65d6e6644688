import { execFileSync } from 'node:child_process';

/** Runs git in the folder and returns what it prints; throws with what git itself says. */
export function git(folder: string, ...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`"git ${args.join(' ')}" failed in ${folder}: ${stderr?.trim() || String(error)}`, {
      cause: error,
    });
  }
}
