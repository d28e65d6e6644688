import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '#project/git';
import type { Recipe } from '#project/parts';
import { readRecipe, writeProject } from '#project/write-project';

/** The branch of a project that holds the template alone; the owner's work is never on it, so merging it is safe. */
const UPSTREAM = 'upstream';

/** Makes a project with a history of its own: `main` to work on, `upstream` for what comes from the template later. */
export function createProject(template: string, folder: string, recipe: Recipe): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(`${folder} is not empty. Give a folder that does not exist yet.`);
  }
  mkdirSync(folder, { recursive: true });
  git(folder, 'init', '--quiet', '--initial-branch', 'main');
  const { commit } = writeProject(template, folder, recipe);
  git(folder, 'add', '--all', '--force');
  git(folder, 'commit', '--quiet', '--no-verify', '-m', `Start ${recipe.name} from Reflex ${commit.slice(0, 12)}`);
  git(folder, 'branch', UPSTREAM);
}

/** Commits the template as it is now to `upstream`; answers whether there was anything new. Touches nothing else. */
export function updateProject(template: string, folder: string): boolean {
  const recipe = readRecipe(folder);
  if (!git(folder, 'branch', '--list', UPSTREAM)) {
    throw new Error(
      `${folder} has no branch "${UPSTREAM}". Make it at the commit "Start ${recipe.name} from Reflex …".`,
    );
  }
  const temporary = mkdtempSync(join(tmpdir(), 'reflex-upstream-'));
  const tree = join(temporary, 'tree');
  git(folder, 'worktree', 'add', '--quiet', tree, UPSTREAM);
  try {
    git(tree, 'rm', '-r', '--force', '--quiet', '.');
    const { commit } = writeProject(template, tree, recipe);
    git(tree, 'add', '--all', '--force');
    if (git(tree, 'status', '--porcelain') === '') return false;
    git(tree, 'commit', '--quiet', '--no-verify', '-m', `Reflex ${commit.slice(0, 12)}`);
    return true;
  } finally {
    git(folder, 'worktree', 'remove', '--force', tree);
    rmSync(temporary, { recursive: true, force: true });
  }
}
