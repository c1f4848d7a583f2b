import BoxMath
import Glibc

extension ReadingDiagnosis {
  /// Ways to write or read boxes, the unchanged first.
  var boxReadings: [Reading] {
    func reading(
      _ id: String, _ text: String,
      _ box: @escaping (SIMD4<Double>, ReadingPairs.Pair) -> SIMD4<Double>
    ) -> Reading {
      Reading(id: id, text: text, box: { box($0.original.box, $0) })
    }
    let size = data.networkSize
    var readings = [Reading(id: "", text: "")]
    readings += [
      reading("center-size-boxes", "centres and sizes stand where corners are read") { b, _ in
        b.centerAndSize
      },
      reading("center-size-boxes", "corners stand where centres and sizes are read") { b, _ in
        b.readAsCenterAndSize
      },
      reading("corner-and-size", "the first corner and the size stand where corners are read") {
        b, _ in SIMD4(b.x, b.y, b.z - b.x, b.w - b.y)
      },
      reading(
        "corner-and-size", "the first corner and the size stand where centres and sizes are read"
      ) { b, _ in SIMD4(b.x, b.y, b.z - b.x, b.w - b.y).readAsCenterAndSize },
      reading("yx-exchanged", "y stands before x") { b, _ in SIMD4(b.y, b.x, b.w, b.z) },
      reading("yx-exchanged", "y stands before x in centres and sizes") { b, _ in
        let c = b.centerAndSize
        return SIMD4(c.y, c.x, c.w, c.z).readAsCenterAndSize
      },
      reading("box-unit", "boxes are fractions of the network's input where pixels are read") {
        b, _ in b / SIMD4(size.x, size.y, size.x, size.y)
      },
      reading("box-unit", "boxes are pixels where fractions of the network's input are read") {
        b, _ in b * SIMD4(size.x, size.y, size.x, size.y)
      },
      reading("xy-no-scale", "centres are in cells, not in pixels") { b, pair in
        guard let stride = pair.stride else { return b }
        let c = b.centerAndSize
        return SIMD4(c.x / stride.x, c.y / stride.y, c.z, c.w).readAsCenterAndSize
      },
      reading("wh-no-stride", "sizes are in cells, not in pixels") { b, pair in
        guard let stride = pair.stride else { return b }
        let c = b.centerAndSize
        return SIMD4(c.x, c.y, c.z / stride.x, c.w / stride.y).readAsCenterAndSize
      },
      reading("wh-exp", "sizes lack their exponential") { b, pair in
        guard let stride = pair.stride else { return b }
        let c = b.centerAndSize
        return SIMD4(c.x, c.y, log(c.z / stride.x) * stride.x, log(c.w / stride.y) * stride.y)
          .readAsCenterAndSize
      },
      reading("box-unit", "boxes are in cells, not in pixels") { b, pair in
        guard let stride = pair.stride else { return b }
        return b / SIMD4(stride.x, stride.y, stride.x, stride.y)
      },
    ]
    readings += [
      reading("rows-columns-exchanged", "row and column are exchanged in the centres") { b, pair in
        let c = pair.center
        return b + SIMD4(c.y - c.x, c.x - c.y, c.y - c.x, c.x - c.y)
      },
      reading("grid-offset", "the cell's place is left out of the centres") { b, pair in
        guard let stride = pair.stride else { return b }
        let c = pair.center - stride / 2
        return b - SIMD4(c.x, c.y, c.x, c.y)
      },
      reading("sigmoid-twice", "the sigmoid is applied twice to the boxes") { b, _ in
        let n = b.centerAndSize / SIMD4(size.x, size.y, size.x, size.y)
        return
          (SIMD4(n.x.sigmoid, n.y.sigmoid, n.z.sigmoid, n.w.sigmoid)
          * SIMD4(size.x, size.y, size.x, size.y)).readAsCenterAndSize
      },
      reading("sigmoid-missing", "the boxes lack their sigmoid") { b, _ in
        let n = b.centerAndSize / SIMD4(size.x, size.y, size.x, size.y)
        return
          (SIMD4(n.x.logit, n.y.logit, n.z.logit, n.w.logit)
          * SIMD4(size.x, size.y, size.x, size.y)).readAsCenterAndSize
      },
    ]
    readings += roundedReadings + orderReadings + distanceReadings
    if let moved = rowOrderReading { readings.append(moved) }
    readings += shiftReadings + factorReadings
    return readings
  }

  /// Corners, or centres and sizes, in pixels or fractions, rounded to a 16-bit type.
  private var roundedReadings: [Reading] {
    let size = SIMD4(
      data.networkSize.x, data.networkSize.y, data.networkSize.x, data.networkSize.y)
    return NarrowType.allCases.flatMap { type in
      [SIMD4(repeating: 1.0), size].flatMap { unit in
        [false, true].map { isCenter in
          Reading(
            id: type.rawValue, text: "boxes are rounded to \(type.rawValue): rounding, not a bug",
            box: { pair in
              let numbers =
                (isCenter ? pair.original.box.centerAndSize : pair.original.box) / unit
              let rounded = SIMD4<Double>(
                (0..<4).map { Double(type.rounded(Float(numbers[$0]))) })
              return isCenter ? (rounded * unit).readAsCenterAndSize : rounded * unit
            })
        }
      }
    }
  }

  /// Boxes that stand at other rows than their scores.
  private var rowOrderReading: Reading? {
    let moved = data.pairs.filter { pair in
      !isBoxWithin(Reading(id: "", text: ""), pair)
    }
    let isFound = moved.count { pair in
      data.pairs.contains { other in abs(other.original.box - pair.patched.box).max() < 1e-2 }
    }
    guard moved.count > 4, Double(isFound) > 0.9 * Double(moved.count) else { return nil }
    return Reading(
      id: "row-order", text: "boxes stand in another order than their scores",
      box: { $0.patched.box })
  }

  /// The other orders of four corners, and of centre and size.
  private var orderReadings: [Reading] {
    let names = ["x", "y", "width", "height"]
    return permutations.map { order in
      Reading(
        id: "corner-order",
        text: "corners stand as \(order.cornerNames)", box: { $0.original.box.inOrder(order) })
    }
      + permutations.map { order in
        Reading(
          id: "corner-order",
          text: "centres and sizes stand as " + order.map { names[$0] }.joined(separator: ", "),
          box: { $0.original.box.centerAndSize.inOrder(order).readAsCenterAndSize })
      }
  }

  /// Distances from the middle of the cell in another order.
  private var distanceReadings: [Reading] {
    let names = ["left", "top", "right", "bottom"]
    return permutations.map { order in
      Reading(
        id: "distance-order",
        text: "distances are read as " + order.map { names[$0] }.joined(separator: ", "),
        box: { pair in
          let (b, c) = (pair.original.box, pair.center)
          let d = [c.x - b.x, c.y - b.y, b.z - c.x, b.w - c.y]
          return SIMD4(
            c.x - d[order[0]], c.y - d[order[1]], c.x + d[order[2]], c.y + d[order[3]])
        })
    }
  }

  /// All orders of four but the first.
  private var permutations: ArraySlice<[Int]> { (0..<4).permutations.dropFirst() }

  /// Centres or distances moved by the same part of a cell everywhere.
  private var shiftReadings: [Reading] {
    let moved = SIMD4<Double>(
      (0..<4).map { axis in
        data.pairs.map { $0.patched.box[axis] - $0.original.box[axis] }.sorted()[
          data.pairs.count / 2]
      })
    let byPixels = Reading(
      id: "grid-offset",
      text: "boxes are moved by \(moved.x.threeDigits) px across and \(moved.y.threeDigits) down",
      box: { $0.original.box + moved })
    let cells = data.pairs.filter { $0.stride != nil }
    guard !cells.isEmpty else { return [byPixels] }
    func median(_ shift: (ReadingPairs.Pair, SIMD2<Double>) -> Double) -> Double {
      cells.map { shift($0, $0.stride!) }.sorted()[cells.count / 2]
    }
    let x = median { ($0.patched.box.centerAndSize.x - $0.original.box.centerAndSize.x) / $1.x }
    let y = median { ($0.patched.box.centerAndSize.y - $0.original.box.centerAndSize.y) / $1.y }
    let grow = median { ($0.patched.box.z - $0.original.box.z) / $1.x }
    var readings: [Reading] = []
    if x != 0 || y != 0 {
      readings.append(
        Reading(
          id: "grid-offset",
          text: "centres are moved by \(x.threeDigits) cells across and \(y.threeDigits) down",
          box: { pair in
            guard let s = pair.stride else { return pair.original.box }
            return pair.original.box + SIMD4(x * s.x, y * s.y, x * s.x, y * s.y)
          }))
    }
    readings.append(byPixels)
    if grow != 0 {
      readings.append(
        Reading(
          id: "dfl-bins", text: "each distance is \(grow.threeDigits) cells too long",
          box: { pair in
            guard let s = pair.stride else { return pair.original.box }
            return pair.original.box
              + SIMD4(-grow * s.x, -grow * s.y, grow * s.x, grow * s.y)
          }))
    }
    return readings
  }

  /// A factor of each scale's boxes, or of its distances.
  private var factorReadings: [Reading] {
    func factors(_ ratio: (ReadingPairs.Pair) -> Double) -> [Int: Double] {
      var found: [Int: Double] = [:]
      for scale in data.scales {
        let ratios = data.pairs.filter { $0.scale == scale }.map(ratio)
          .filter(\.isFinite).sorted()
        if !ratios.isEmpty { found[scale] = ratios[ratios.count / 2] }
      }
      return found
    }
    let whole = factors { $0.patched.box.centerAndSize.x / $0.original.box.centerAndSize.x }
    let distances = factors {
      ($0.patched.box.z - $0.patched.box.x) / ($0.original.box.z - $0.original.box.x)
    }
    func isChanged(_ factors: [Int: Double]) -> Bool {
      factors.values.contains { abs($0 - 1) > 1e-5 }
    }
    var readings: [Reading] = []
    if isChanged(whole) {
      let isOrder =
        whole.count > 1 && abs(whole.values.reduce(1, *) - 1) < 1e-3
      let all = Set(whole.values.map { ($0 * 1e4).rounded() })
      let id = isOrder ? "stride-order" : "stride"
      readings.append(
        Reading(
          id: id,
          text: isOrder
            ? "the strides of the scales are exchanged"
            : all.count == 1
              ? "boxes are \(whole.values.first!.threeDigits) times as large"
              : "boxes of scale \(whole.filter { abs($0.value - 1) > 1e-5 }.keys.sorted().map(String.init).joined(separator: ", ")) are of another stride",
          box: { pair in pair.original.box * (whole[pair.scale] ?? 1) }))
    }
    if isChanged(distances) {
      readings.append(
        Reading(
          id: "dfl-bins",
          text:
            "distances are \(distances.sorted { $0.key < $1.key }.map { $0.value.threeDigits }.joined(separator: ", ")) times as long",
          box: { pair in
            let (b, c) = (pair.original.box, pair.center)
            let middle = SIMD4(c.x, c.y, c.x, c.y)
            return middle + (b - middle) * (distances[pair.scale] ?? 1)
          }))
      readings.append(
        Reading(
          id: "wh-scale",
          text:
            "sizes are \(distances.sorted { $0.key < $1.key }.map { $0.value.threeDigits }.joined(separator: ", ")) times as large",
          box: { pair in
            let c = pair.original.box.centerAndSize
            let factor = distances[pair.scale] ?? 1
            return SIMD4(c.x, c.y, c.z * factor, c.w * factor).readAsCenterAndSize
          }))
    }
    return readings
  }
}

extension SIMD4<Double> {
  /// Centre and size of a box of corners.
  var centerAndSize: SIMD4 { SIMD4((x + z) / 2, (y + w) / 2, z - x, w - y) }

  /// The corners of the box whose centre and size these numbers are.
  var readAsCenterAndSize: SIMD4 {
    SIMD4(x - z / 2, y - w / 2, x + z / 2, y + w / 2)
  }
}

extension Double {
  var logit: Double { Glibc.log(self / (1 - self)) }

  /// Three digits or so.
  var threeDigits: String {
    let rounded = (self * 1000).rounded() / 1000
    return Int(exactly: rounded).map { String($0) } ?? String(rounded)
  }
}
