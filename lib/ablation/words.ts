/** What a report says of what it compares, where its figures do not. */

/** A section of tests, and what the verdict calls it. */
export interface SectionWords {
  readonly title: string
  readonly about: (tables: number) => string
  readonly verdict: string
}
/** The words of a report. */
export interface Words {
  readonly title: string
  readonly about: string
  readonly study: SectionWords
  readonly confirmation: SectionWords
  /** The forest plot's title, before the outcome, and what it shows. */
  readonly forest: string
  readonly shown: string
}

const small = `and these
figures are about this task alone: nothing here can be compared with the accuracies of the paper on Kinetics.`

/** Of the paper's ablations. */
export const paperWords: Words = {
  title: 'Ablations on digits in motion',
  about: `A handwritten digit leaves the picture or arrives; eight classes, half of them the other half in reverse. Without the
order of frames, half of the answers are guesses. The networks are small, trained from scratch for some hundred steps, ${small}`,
  study: {
    title: 'The study: is there a gain from CSSA and FAM?',
    about: tables => `Table 2b again under ${tables} ${tables === 1 ? 'condition' : 'conditions'}.`,
    verdict: 'The study, CSSA and FAM',
  },
  confirmation: {
    title: 'The confirmation: FAM on fresh seeds',
    about: () =>
      'Where the study hinted at a gain from FAM, the same again with seeds that it had not used. These conditions were chosen when most of the study was seen.',
    verdict: 'Fresh seeds, FAM',
  },
  forest: 'What CSSA and FAM gain',
  shown: 'The gain of CSSA and of FAM under every condition',
}

/** Of Table 3 in small. */
export const systemsWords: Words = {
  title: 'Table 3 in small: the systems on digits in motion',
  about: `A handwritten digit leaves the picture or arrives; eight classes, half of them the other half in reverse. CSTransformer,
TimeSformer (divided attention), ViViT (model 1) and VTN at one size, as near as their kinds allow: embeddings of 32 channels, two
heads, and blocks so that parameters and multiply-adds agree to 15 %. All are trained from scratch by the recipe of \`npm start\`, which
was chosen for CSTransformer and favours it; after so few steps it is how fast they learn that is compared. The networks are small, ${small}
With CSSA and FAM a system starts as without: α = 0, and the gains of FAM's terms 0; CSTransformer's start at 1, as the paper has it.`,
  study: {
    title: 'What CSSA and FAM add to each system',
    about: () => 'Each system with and without both.',
    verdict: 'CSSA and FAM in each system',
  },
  confirmation: {
    title: 'CSTransformer and the systems that it is compared with',
    about: () => 'CSTransformer with all of its parts, and the others as they are published: Table 3.',
    verdict: 'CSTransformer over each system',
  },
  forest: 'What CSSA and FAM gain, and CSTransformer over each system',
  shown: 'The gain of CSSA and FAM in each system, and of CSTransformer over each, under every condition',
}
