import type { ModbusDevice } from '#gateway/profiles/device.ts'
import type { Logger } from '#lib/logger.ts'
import type { Bus } from './bus.ts'
import { decodeRegisters } from './decode.ts'
import { refusalCode } from './modbus-errors.ts'

/**
 * Why the device on the bus is not the one its profile describes; `undefined` when it is. A device that refuses to show
 * the register is given the benefit of the doubt. Rejects like a read when it does not answer.
 */
export async function misfit(bus: Bus, device: ModbusDevice, log: Logger): Promise<string | undefined> {
  for (const identity of device.address.identify) {
    try {
      const raw = decodeRegisters(await bus.read(device.address, identity), identity)
      if (typeof raw === 'number' && identity.accepts.includes(raw)) continue
      const expected = identity.accepts.join(' or ')
      return `${identity.table} ${identity.addr}: expected ${expected}, found ${String(raw)} (${identity.why})`
    } catch (error) {
      if (refusalCode(error) === undefined) throw error
      log.info({ device: device.id, err: error }, 'identity register cannot be read')
    }
  }
  return undefined
}
