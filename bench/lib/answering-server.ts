import { createServer } from 'node:net'

/** A Modbus TCP server in a process of its own, so that its CPU time is not counted: every register reads as 230.2 V. */
const server = createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => {}) // the bench is over
  socket.on('data', (request) => {
    const count = request.readUInt16BE(10)
    const answer = Buffer.alloc(9 + count * 2)
    request.copy(answer, 0, 0, 8)
    answer.writeUInt16BE(3 + count * 2, 4)
    answer.writeUInt8(count * 2, 8)
    for (let i = 0; i < count; i++) answer.writeUInt16BE(i % 2 === 0 ? 0x4366 : 0x3334, 9 + i * 2)
    socket.write(answer)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : undefined)
})
process.on('disconnect', () => process.exit())
