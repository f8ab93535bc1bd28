"""A Modbus RTU server that nobody here wrote: python3-pymodbus on a serial port, or speaking RTU frames over TCP.

usage: pymodbus_rtu_server.py serial PATH BAUD UNIT[,UNIT] JSON
       pymodbus_rtu_server.py tcp HOST PORT UNIT[,UNIT] JSON
JSON:  {"input": {"0": 17254}, "holding": {...}, "coil": {...}, "discrete": {...}}, addresses as on the wire
"""

import asyncio
import json
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer

SIZE = 1000


def block(values):
    cells = [0] * SIZE
    for address, value in values.items():
        cells[int(address)] = value
    return ModbusSequentialDataBlock(0, cells)


async def main():
    kind, place, number, image = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[5])
    units = [int(unit) for unit in sys.argv[4].split(",")]
    slave = ModbusSlaveContext(
        di=block(image.get("discrete", {})),
        co=block(image.get("coil", {})),
        hr=block(image.get("holding", {})),
        ir=block(image.get("input", {})),
        zero_mode=True,
    )
    context = ModbusServerContext(slaves={unit: slave for unit in units}, single=False)
    print("ready", flush=True)
    if kind == "serial":
        await StartAsyncSerialServer(context=context, framer=ModbusRtuFramer, port=place, baudrate=number)
    else:
        await StartAsyncTcpServer(context=context, framer=ModbusRtuFramer, address=(place, number))


asyncio.run(main())
