"""Writes rosbag.json: ROS bags 2.0 by their description (wiki.ros.org/Bags/Format/2.0), chunks plain and packed by LZ4, with two cameras and another topic.

Run: python3 make-rosbag.py     (lz4 4.4)
"""
import base64, json, os, struct
import lz4.frame

here = os.path.dirname(os.path.abspath(__file__))
stamp = 1468939993
left = [(0, 1, 2, 1), (10, 239, 179, 0), (10, 3, 4, 1), (2500000, 5, 6, 0)]
right = [(5, 9, 8, 1), (7, 7, 6, 0)]


def record(fields, data):
    header = b''.join(struct.pack('<I', len(k) + 1 + len(v)) + k + b'=' + v for k, v in fields)
    return struct.pack('<I', len(header)) + header + struct.pack('<I', len(data)) + data


def u32(value):
    return struct.pack('<I', value)


def connection(number, topic, kind):
    data = b''.join(struct.pack('<I', len(k) + 1 + len(v)) + k + b'=' + v for k, v in ((b'topic', topic), (b'type', kind), (b'md5sum', b'0' * 32), (b'message_definition', b'')))
    return record(((b'op', b'\x07'), (b'conn', u32(number)), (b'topic', topic)), data)


def message(number, data):
    return record(((b'op', b'\x02'), (b'conn', u32(number)), (b'time', u32(stamp) + u32(0))), data)


def events(rows):
    out = struct.pack('<III', 1, stamp, 0) + struct.pack('<I', 3) + b'cam' + struct.pack('<III', 180, 240, len(rows))
    for t, x, y, p in rows:
        out += struct.pack('<HHIIB', x, y, stamp + t // 1000000, t % 1000000 * 1000, p)
    return out


def chunk(body, compression):
    packed = lz4.frame.compress(body) if compression == b'lz4' else body
    return record(((b'op', b'\x05'), (b'compression', compression), (b'size', u32(len(body)))), packed) + record(((b'op', b'\x04'), (b'ver', u32(1)), (b'conn', u32(0)), (b'count', u32(0))), b'')


def bag(compression):
    out = b'#ROSBAG V2.0\n' + record(((b'op', b'\x03'), (b'index_pos', struct.pack('<Q', 0)), (b'conn_count', u32(3)), (b'chunk_count', u32(2))), b' ' * 4000)
    first = connection(2, b'/dvs/imu', b'sensor_msgs/Imu') + message(2, b'\0' * 20) + connection(0, b'/dvs/left/events', b'dvs_msgs/EventArray') + message(0, events(left[:2]))
    second = connection(1, b'/dvs/right/events', b'dvs_msgs/EventArray') + message(1, events(right)) + message(0, events(left[2:])) + message(0, events([]))
    return base64.b64encode(out + chunk(first, compression) + chunk(second, compression) + connection(0, b'/dvs/left/events', b'dvs_msgs/EventArray')).decode()


out = {'_about': {'generator': 'make-rosbag.py', 'lz4': '4.4.5'}, 'first': stamp * 1000000, 'left': left, 'right': right, 'none.bag': bag(b'none'), 'lz4.bag': bag(b'lz4'), 'bz2.bag': bag(b'bz2')}
with open(os.path.join(here, 'rosbag.json'), 'w') as f:
    json.dump(out, f, indent=1)
    f.write('\n')
