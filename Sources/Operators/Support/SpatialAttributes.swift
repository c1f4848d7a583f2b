import Tensors

/// The window attributes that convolutions and poolings share, resolved for one input shape.
///
/// Arrays have one entry per spatial dimension, outermost first.
struct Window {
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  let padsBegin: [Int]
  let padsEnd: [Int]
  let output: [Int]
}

private enum AutoPad: String, CaseIterable {
  case notSet = "NOTSET"
  case sameUpper = "SAME_UPPER"
  case sameLower = "SAME_LOWER"
  case valid = "VALID"
}

extension NodeReader {
  /// Reads `strides`, `dilations`, `pads` and `auto_pad` and works out the output's extents.
  ///
  /// - Parameters:
  ///   - spatial: the input's extents.
  ///   - kernel: the window's extents.
  ///   - roundUp: whether a last window that overhangs counts (`ceil_mode`). Such a window must
  ///     begin inside the input or the padding before it; `VALID` has none.
  mutating func window(
    over spatial: [Int], kernel: [Int], roundUp: Bool = false, allowsDilations: Bool = true
  ) throws -> Window {
    let rank = spatial.count
    let limit = 1 << 31
    func checked(_ name: String, _ values: [Int]?, count: Int, minimum: Int) throws -> [Int] {
      guard let values else { return [Int](repeating: minimum, count: count) }
      guard values.count == count, values.allSatisfy({ (minimum..<limit).contains($0) }) else {
        throw OperatorError(
          "attribute \(name) is \(values), expected \(count) numbers of at least \(minimum)")
      }
      return values
    }
    guard kernel.count == rank, kernel.allSatisfy({ (1..<limit).contains($0) }) else {
      throw OperatorError("kernel \(kernel) does not fit an input of \(rank) spatial dimensions")
    }
    let strides = try checked("strides", ints("strides"), count: rank, minimum: 1)
    let dilations =
      allowsDilations
      ? try checked("dilations", ints("dilations"), count: rank, minimum: 1)
      : [Int](repeating: 1, count: rank)
    let autoPad = try choice("auto_pad", default: AutoPad.notSet)
    let explicit = try checked("pads", ints("pads"), count: 2 * rank, minimum: 0)
    var begin = Array(explicit[..<rank])
    var end = Array(explicit[rank...])
    if autoPad != .notSet {
      // TensorFlow's rule: as many outputs as strides fit, the odd zero after or before.
      for axis in 0..<rank {
        guard autoPad != .valid else {
          (begin[axis], end[axis]) = (0, 0)
          continue
        }
        let outputs = (spatial[axis] + strides[axis] - 1) / strides[axis]
        let reach = (outputs - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1
        let total = max(reach - spatial[axis], 0)
        begin[axis] = autoPad == .sameUpper ? total / 2 : total - total / 2
        end[axis] = total - begin[axis]
      }
    }
    let output = try (0..<rank).map { axis in
      let padded = spatial[axis] + begin[axis] + end[axis]
      let reach = (kernel[axis] - 1) * dilations[axis] + 1
      guard padded >= reach else {
        throw OperatorError(
          "a window of \(reach) does not fit spatial dimension \(axis) of \(padded) with padding")
      }
      let rest = padded - reach
      let roundUp = roundUp && autoPad != .valid
      let steps = roundUp ? (rest + strides[axis] - 1) / strides[axis] : rest / strides[axis]
      let overhangs = steps * strides[axis] >= spatial[axis] + begin[axis]
      return (roundUp && overhangs ? steps - 1 : steps) + 1
    }
    return Window(
      kernel: kernel, strides: strides, dilations: dilations, padsBegin: begin, padsEnd: end,
      output: output)
  }
}
