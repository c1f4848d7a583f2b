/// One spatial axis of a pooling window.
package struct WindowAxis: Sendable {
  package let input: Int
  package let output: Int
  package let kernel: Int
  package let stride: Int
  package let dilation: Int
  /// Positions before the first input element.
  package let padding: Int

  /// - Precondition: `(kernel - 1) * dilation` and `(output - 1) * stride` do not overflow.
  package init(
    input: Int, output: Int, kernel: Int, stride: Int, dilation: Int, padding: Int
  ) {
    self.input = input
    self.output = output
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.padding = padding
  }

  /// One element that stays as it is.
  package static let single = WindowAxis(
    input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, padding: 0)

  /// The taps of the window at an output position that meet input elements in `bounds`.
  package func taps(at position: Int, in bounds: Range<Int>) -> Range<Int> {
    let first = position * stride - padding
    let lower = max(0, ceilingDivision(bounds.lowerBound - first, dilation))
    return lower..<max(lower, min(kernel, ceilingDivision(bounds.upperBound - first, dilation)))
  }

  /// The same for the whole input.
  package func taps(at position: Int) -> Range<Int> { taps(at: position, in: 0..<input) }

  /// The output positions at which a tap meets an input element.
  fileprivate func outputs(meetingTap tap: Int) -> Range<Int> {
    let shift = padding - tap * dilation
    let lower = max(0, ceilingDivision(shift, stride))
    return lower..<max(lower, min(output, ceilingDivision(input + shift, stride)))
  }

  fileprivate var isIdentity: Bool { kernel == 1 && stride == 1 && padding == 0 && input == output }
}

/// The smallest integer not below `a / b`, for positive `b`.
private func ceilingDivision(_ a: Int, _ b: Int) -> Int {
  a > 0 ? (a - 1) / b + 1 : -(-a / b)
}

/// An associative, commutative way to make one element of many.
package protocol WindowReduction: SendableMetatype {
  associatedtype Element: BitwiseCopyable & Sendable
  /// What a window without elements gives.
  static var identity: Element { get }
  static func combine(_ a: Element, _ b: Element) -> Element
}

package enum Sum<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>: WindowReduction {
  package static var identity: Element { 0 }
  @inline(__always)
  package static func combine(_ a: Element, _ b: Element) -> Element { a + b }
}

/// The largest; NaN when any is NaN.
package enum FloatingMaximum<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>:
  WindowReduction
{
  package static var identity: Element { -.infinity }
  @inline(__always)
  package static func combine(_ a: Element, _ b: Element) -> Element {
    a > b || a != a ? a : b
  }
}

package enum IntegerMaximum<Element: FixedWidthInteger & BitwiseCopyable & Sendable>:
  WindowReduction
{
  package static var identity: Element { .min }
  @inline(__always)
  package static func combine(_ a: Element, _ b: Element) -> Element { a > b ? a : b }
}

/// Reduces every window of planes that lie one after another, one axis after the other.
///
/// - Parameters:
///   - axes: outermost first, at least one.
///   - source: `planes` times the product of the axes' inputs.
///   - destination: `planes` times the product of the axes' outputs.
package func reduceWindows<R: WindowReduction>(
  _ reduction: R.Type, planes: Int, axes: [WindowAxis],
  from source: UnsafePointer<R.Element>, to destination: UnsafeMutablePointer<R.Element>,
  team: ThreadTeam
) {
  let inputSize = axes.reduce(1) { $0 * $1.input }
  let outputSize = axes.reduce(1) { $0 * $1.output }
  if planes == 0 || outputSize == 0 { return }
  let passes = axisPasses(
    inputs: axes.map { $0.input }, outputs: axes.map { $0.output },
    moving: axes.indices.filter { !axes[$0].isIdentity })
  nonisolated(unsafe) let from = source
  nonisolated(unsafe) let to = destination
  let planesPerTask = max(1, 8192 / max(inputSize, outputSize))
  team.forEachChunk(of: planes, chunk: planesPerTask) { planes in
    for plane in planes {
      reducePlane(
        reduction, axes, passes, from: from + plane * inputSize, to: to + plane * outputSize)
    }
  }
}

private func reducePlane<R: WindowReduction>(
  _: R.Type, _ axes: [WindowAxis], _ passes: [AxisPass], from source: UnsafePointer<R.Element>,
  to destination: UnsafeMutablePointer<R.Element>
) {
  var current = source
  var scratch: [UnsafeMutablePointer<R.Element>] = []
  defer { for buffer in scratch { buffer.deallocate() } }
  for pass in passes.dropLast() {
    scratch.append(.allocate(capacity: pass.outputCount))
    reduceAxis(R.self, axes[pass.axis], pass, from: current, to: scratch.last!)
    current = UnsafePointer(scratch.last!)
  }
  let last = passes.last!
  reduceAxis(R.self, axes[last.axis], last, from: current, to: destination)
}

private func reduceAxis<R: WindowReduction>(
  _: R.Type, _ axis: WindowAxis, _ pass: AxisPass, from source: UnsafePointer<R.Element>,
  to destination: UnsafeMutablePointer<R.Element>
) {
  let inner = pass.inner
  for outer in 0..<pass.outer {
    let from = source + outer * axis.input * inner
    let to = destination + outer * axis.output * inner
    if inner == 1 {
      reduceRow(R.self, axis, from: from, to: to)
      continue
    }
    for position in 0..<axis.output {
      let row = to + position * inner
      row.update(repeating: R.identity, count: inner)
      for tap in axis.taps(at: position) {
        let index = position * axis.stride - axis.padding + tap * axis.dilation
        combine(R.self, from + index * inner, into: row, count: inner, step: 1)
      }
    }
  }
}

/// One row along the axis itself, a tap at a time, so that the loop runs over outputs.
private func reduceRow<R: WindowReduction>(
  _: R.Type, _ axis: WindowAxis, from source: UnsafePointer<R.Element>,
  to destination: UnsafeMutablePointer<R.Element>
) {
  destination.update(repeating: R.identity, count: axis.output)
  let firstTap = axis.taps(at: axis.output - 1).lowerBound
  let lastTap = axis.taps(at: 0).upperBound
  for tap in firstTap..<max(firstTap, lastTap) {
    let outputs = axis.outputs(meetingTap: tap)
    if outputs.isEmpty { continue }
    let index = outputs.lowerBound * axis.stride - axis.padding + tap * axis.dilation
    combine(
      R.self, source + index, into: destination + outputs.lowerBound, count: outputs.count,
      step: axis.stride)
  }
}

@inline(__always)
private func combine<R: WindowReduction>(
  _: R.Type, _ source: UnsafePointer<R.Element>,
  into destination: UnsafeMutablePointer<R.Element>, count: Int, step: Int
) {
  switch step {
  case 1:
    for i in 0..<count { destination[i] = R.combine(destination[i], source[i]) }
  case 2:
    for i in 0..<count { destination[i] = R.combine(destination[i], source[2 &* i]) }
  default:
    for i in 0..<count { destination[i] = R.combine(destination[i], source[i &* step]) }
  }
}
