"""A Modbus TCP server that nobody here wrote: python3-pymodbus with the register values given on the command line.

usage: pymodbus_server.py HOST PORT UNIT[,UNIT] JSON
JSON:  {"input": {"0": 17254}, "holding": {...}, "coil": {...}, "discrete": {...}}, addresses as on the wire
"""

import asyncio
import json
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncTcpServer

SIZE = 1000


def block(values):
    cells = [0] * SIZE
    for address, value in values.items():
        cells[int(address)] = value
    return ModbusSequentialDataBlock(0, cells)


async def main():
    host, port, image = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[4])
    units = [int(unit) for unit in sys.argv[3].split(",")]
    slave = ModbusSlaveContext(
        di=block(image.get("discrete", {})),
        co=block(image.get("coil", {})),
        hr=block(image.get("holding", {})),
        ir=block(image.get("input", {})),
        zero_mode=True,
    )
    context = ModbusServerContext(slaves={unit: slave for unit in units}, single=False)
    await StartAsyncTcpServer(context=context, address=(host, port))


asyncio.run(main())
