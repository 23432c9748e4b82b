import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { buildVectors, models, shownBy, wantedOf } from './make-vectors/build-vectors.ts'
import { outcomeAfter, outcomeOf, type ReplayVector } from './make-vectors/replay-vector.ts'

interface VectorFile {
  readonly procedure: string
  readonly histories: readonly ReplayVector[]
}

const read = async (name: string): Promise<VectorFile> =>
  JSON.parse(await readFile(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'))

test('the committed vectors are what the script writes', { timeout: 120_000 }, async () => {
  for (const [name, content] of Object.entries(buildVectors()))
    expect(await read(name.replace('.json', '')), name).toEqual(JSON.parse(JSON.stringify(content)))
})

describe.each(models.map((model) => ({ name: model.procedure.name, model })))('$name', ({ name, model }) => {
  const { procedure } = model

  test('every order of arrival comes to the expected result', async () => {
    const { histories } = await read(name)
    for (const { documents, facts, orders, expected } of histories) {
      expect(new Set(orders.map((order) => order.join())).size).toBeGreaterThan(documents.length > 1 ? 1 : 0)
      for (const order of orders) {
        expect(new Set(order)).toEqual(new Set(documents.keys()))
        expect(outcomeAfter(procedure, documents, facts, order)).toEqual(expected)
      }
      expect(outcomeOf(procedure, documents, facts)).toEqual(expected)
    }
  })

  test('so does what has arrived on the way', async () => {
    const { histories } = await read(name)
    const standings = histories.flatMap(({ documents, facts, underway }) =>
      underway.flatMap(({ arrived, expected }) => {
        expect(outcomeAfter(procedure, documents, facts, arrived)).toEqual(expected)
        return Object.values(expected.standings)
      }),
    )
    expect(new Set(standings.map((standing) => standing.split(' ')[0]))).toEqual(new Set(['effective', 'void', 'waiting', 'refused']))
  })

  test('the documents are valid by their schemas, and the histories show what they should', async () => {
    const { histories } = await read(name)
    const documents = histories.flatMap((history) => history.documents.filter(({ digest }) => !history.facts.recalled?.includes(digest)))
    for (const { document, data } of documents) procedure.documents[document]?.schema.parse(data)
    const shown = new Set(histories.flatMap(shownBy))
    expect(wantedOf(model).filter((one) => !shown.has(one))).toEqual([])
  })
})
