/**
 * Who may speak: one controller, under the highest epoch so far. Which one that is outlives the supervisor.
 */
import { verify } from 'node:crypto'
import { join } from 'node:path'
import { readIfThere, replaceFile, type SupervisorConfig } from './folder.ts'
import { type Hello, helloText, type RefusalCode } from './message.ts'
import { PROTOCOL_VERSION } from './protocol.ts'

export interface Controller {
  readonly epoch: number
  readonly session: string
  readonly attempt: number
}

/** The last accepted controller; epoch 0 before the first. */
export function readController(config: SupervisorConfig): Controller {
  const text = readIfThere(join(config.state, 'controller'))
  return text === undefined ? { epoch: 0, session: '', attempt: 0 } : (JSON.parse(text) as Controller)
}

/** Written before the welcome: a controller that was welcomed is never forgotten. */
export function writeController(config: SupervisorConfig, controller: Controller): void {
  const { epoch, session, attempt } = controller
  replaceFile(join(config.state, 'controller'), JSON.stringify({ epoch, session, attempt }))
}

/** Whether this hello makes its sender the controller; if not, why. */
export function judgeHello(
  config: SupervisorConfig,
  current: Controller,
  nonce: string,
  hello: Hello,
): 'welcome' | RefusalCode {
  if (hello.version !== PROTOCOL_VERSION) return 'version'
  const text = helloText(nonce, config.pod, hello)
  if (!verify(null, Buffer.from(text), config.controllerKey, Buffer.from(hello.signature, 'base64'))) return 'signature'
  if (hello.epoch > current.epoch) return 'welcome'
  if (hello.epoch < current.epoch || hello.session !== current.session) return 'superseded'
  return hello.attempt > current.attempt ? 'welcome' : 'ghost'
}
