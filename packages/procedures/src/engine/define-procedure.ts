import type { DeadlineRule, DocumentDefinition, Procedure, StateDefinition, Text } from './procedure.ts'
import { engineStates } from './reasons.ts'

/**
 * Returns the procedure when its parts fit together. Throws one Error that lists everything wrong: a definition is code, and a wrong one
 * must stop the start, not the first case that meets it.
 */
export function defineProcedure(procedure: Procedure): Procedure {
  const problems = [
    ...namingProblems(procedure),
    ...Object.entries(procedure.documents).flatMap(([name, document]) => documentProblems(procedure, name, document)),
    ...Object.entries(procedure.states).flatMap(([name, state]) => stateProblems(procedure, name, state)),
    ...procedure.deadlines.flatMap((rule) => deadlineProblems(procedure, rule)),
    ...procedure.registerAnswers.flatMap((answer) => [
      ...unknown(procedure.documents, [answer.document], 'register answer: document'),
      ...unknown(procedure.states, answer.states, 'register answer: state'),
      ...(roleNames(procedure).includes(answer.role) ? [] : [`register answer: no role ${answer.role}`]),
    ]),
  ]
  if (problems.length > 0) throw new Error(`procedure ${procedure.name} is not well defined:\n- ${problems.join('\n- ')}`)
  return procedure
}

function namingProblems(procedure: Procedure): string[] {
  const problems = [...textProblems(procedure.title, 'title')]
  const slug = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
  const named = [
    procedure.name,
    procedure.path,
    ...Object.keys(procedure.documents),
    ...Object.keys(procedure.states),
    ...roleNames(procedure),
  ]
  for (const name of named) if (!slug.test(name)) problems.push(`${JSON.stringify(name)} is not kebab-case`)
  if (!/^[A-Z]{2}$/.test(procedure.code)) problems.push('code is not two capital letters')
  if (!Number.isSafeInteger(procedure.version) || procedure.version < 1) problems.push('version is not a whole number from 1 up')
  if (procedure.roles.counterparties.length === 0) problems.push('no counterparty role')
  if (new Set(roleNames(procedure)).size !== roleNames(procedure).length) problems.push('a role is named twice')
  if (procedure.purposes.length === 0) problems.push('no purpose')
  for (const role of [procedure.roles.owner, ...procedure.roles.counterparties])
    problems.push(...textProblems(role.title, `role ${role.role}`))
  for (const purpose of procedure.purposes) problems.push(...textProblems(purpose.title, `purpose ${purpose.code}`))
  const starting = Object.values(procedure.documents).filter((document) => document.starts)
  if (starting.length !== 1) problems.push(`${starting.length} starting documents instead of one`)
  if (!Object.hasOwn(procedure.states, procedure.initial)) problems.push(`initial state ${procedure.initial} does not exist`)
  for (const state of Object.keys(engineStates))
    if (Object.hasOwn(procedure.states, state)) problems.push(`state ${state} belongs to the engine`)
  return problems
}

function documentProblems(procedure: Procedure, name: string, document: DocumentDefinition): string[] {
  const where = `document ${name}`
  const problems = [...textProblems(document.title, where)]
  if (!roleNames(procedure).includes(document.by)) problems.push(`${where}: no role ${document.by}`)
  if (document.starts && document.by !== procedure.roles.owner.role) problems.push(`${where}: only the owner starts a case`)
  if (document.starts && document.answers) problems.push(`${where}: a starting document answers nothing`)
  if (document.answers?.length === 0) problems.push(`${where}: answers an empty list`)
  problems.push(...unknown(procedure.documents, document.answers ?? [], `${where}: answers`))
  if (document.examples.length === 0) problems.push(`${where}: no example`)
  document.examples.forEach((example, at) => {
    const which = `${where}, example ${at + 1}`
    problems.push(...textProblems(example.title, which))
    const parsed = document.schema.safeParse(example.body.data)
    for (const issue of parsed.error?.issues ?? []) problems.push(`${which}: /${issue.path.join('/')}: ${issue.message}`)
    if (!procedure.purposes.some((purpose) => purpose.code === example.body.purpose))
      problems.push(`${which}: no purpose ${example.body.purpose}`)
    if ((example.body.to !== undefined) !== (document.starts === true))
      problems.push(`${which}: \`to\` stands on the starting document only`)
  })
  return problems
}

function stateProblems(procedure: Procedure, name: string, state: StateDefinition): string[] {
  const where = `state ${name}`
  const problems = [...textProblems(state.title, where), ...unknown(procedure.documents, Object.keys(state.on), `${where}: on`)]
  const targets = Object.values(state.on).filter((transition) => typeof transition === 'string')
  problems.push(...unknown(procedure.states, targets, `${where}: leads to state`))
  if (typeof state.ball === 'string' && !roleNames(procedure).includes(state.ball)) problems.push(`${where}: no role ${state.ball}`)
  if (state.final && state.ball !== null) problems.push(`${where}: nobody has the ball in a final state`)
  return problems
}

function deadlineProblems(procedure: Procedure, rule: DeadlineRule): string[] {
  const where = `deadline ${rule.rule}`
  const problems: string[] = []
  if (!Number.isSafeInteger(rule.workingDays) || rule.workingDays < 1)
    problems.push(`${where}: working days are not a whole number from 1 up`)
  if (rule.from !== null && rule.to !== null && rule.from >= rule.to) problems.push(`${where}: is never law`)
  if (rule.scope !== 'case') problems.push(...unknown(procedure.states, rule.scope.states, `${where}: state`))
  if (Array.isArray(rule.start.documents)) problems.push(...unknown(procedure.documents, rule.start.documents, `${where}: starts with`))
  return problems
}

function unknown(known: object, names: readonly string[], where: string): string[] {
  return names.filter((name) => !Object.hasOwn(known, name)).map((name) => `${where} ${name}, which does not exist`)
}

function textProblems(text: Text, where: string): string[] {
  return (['zh', 'en'] as const).filter((language) => text[language].trim() === '').map((language) => `${where}: no ${language} text`)
}

function roleNames(procedure: Procedure): string[] {
  return [procedure.roles.owner, ...procedure.roles.counterparties].map((role) => role.role)
}
