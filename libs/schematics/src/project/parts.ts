/** What a project may be made without. */
export type PartName = 'examples' | 'designer';

export interface Part {
  folders: readonly string[];
  scripts: readonly string[];
}

export const PARTS: Readonly<Record<PartName, Part>> = {
  examples: { folders: ['examples', 'test/examples'], scripts: ['example'] },
  designer: { folders: ['apps/web'], scripts: [] },
};

/** What makes projects; a project is none to make others from. */
export const GENERATOR: Part = { folders: ['libs/schematics/src/project'], scripts: ['new'] };

/** How a project was made; kept in the project, so that an update makes it in the same way. */
export interface Recipe {
  name: string;
  without: PartName[];
}
