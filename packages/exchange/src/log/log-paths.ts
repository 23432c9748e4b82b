/** Where peers read this node's exchange log, and where they ask for a cosignature under theirs. */
export const LOG_PATH = '/exchange/v1/log'
export const WITNESS_PATH = '/exchange/v1/witness/add-checkpoint'
