import { certificateRecognition, insuranceTransfer, registers, violationNotice } from '@hefu/procedures'
import { describe, expect, it } from 'vitest'
import { TestNetwork } from '../../src/index.ts'

const startingExample = (procedure: { documents: Readonly<Record<string, { starts?: true; examples: readonly { body: unknown }[] }>> }) =>
  Object.values(procedure.documents).find((d) => d.starts)?.examples[0]?.body

describe('the examples of the starting documents, posted as they are in an empty federation', () => {
  it('open a case that both regions hold alike', async () => {
    await using net = await TestNetwork.create(['510100', '500000'])
    const chengdu = net.node('510100').as('officer')
    for (const procedure of [violationNotice, insuranceTransfer, certificateRecognition]) {
      const answer = await chengdu.post(`/v1/${procedure.path}`, startingExample(procedure))
      expect(answer.body).toMatchObject({ procedure: procedure.name })
      expect(answer.status).toBe(201)
    }
    await net.settle()
    expect(await net.differences()).toEqual([])
    expect(await net.node('500000').as('officer').all('/v1/cases')).toHaveLength(3)
  })

  it('are answered automatically where the other side has put the example of its register', async () => {
    await using net = await TestNetwork.create(['510100', '500000'])
    const chongqing = net.node('500000').as('officer')
    for (const register of registers) {
      const record = register.examples[0]?.data as Record<string, string>
      const answer = await chongqing.put(`/v1/registers/${register.name}/${encodeURIComponent(record[register.id] ?? '')}`, record)
      expect([200, 201]).toContain(answer.status)
    }
    const chengdu = net.node('510100').as('officer')
    const transfer = await chengdu.post(`/v1/${insuranceTransfer.path}`, startingExample(insuranceTransfer))
    const recognition = await chengdu.post(`/v1/${certificateRecognition.path}`, startingExample(certificateRecognition))
    await net.settle()
    expect((await chengdu.get(`/v1/cases/${transfer.body.caseNumber}`)).body).toMatchObject({ state: 'informed' })
    expect((await chengdu.get(`/v1/cases/${recognition.body.caseNumber}`)).body).toMatchObject({ state: 'verified' })
    expect(await net.differences()).toEqual([])
  })
})
