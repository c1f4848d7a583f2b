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

  /// Neighbouring output positions at which every tap meets an input element; empty for strides.
  fileprivate var interior: Range<Int> {
    let end = min(output, input + padding - (kernel - 1) * dilation)
    return stride == 1 && padding < end ? padding..<end : 0..<0
  }

  /// How far a window's last tap is from its first.
  fileprivate var reach: Int { (kernel - 1) * dilation }

  /// A row's elements with what windows reach over its ends.
  fileprivate var paddedPitch: Int { output + reach }

  /// Elements of rows, padded and reduced, where a pass runs along rows and windows are short; 0 where
  /// it does not.
  fileprivate func paddedRowsCount(_ pass: AxisPass) -> Int {
    pass.inner == 1 && stride == 1 && reach <= 16 ? 2 * pass.outer * paddedPitch : 0
  }

  fileprivate var isIdentity: Bool { kernel == 1 && stride == 1 && padding == 0 && input == output }
}

/// The smallest integer not below `a / b`, for positive `b`.
private func ceilingDivision(_ a: Int, _ b: Int) -> Int {
  a > 0 ? (a - 1) / b + 1 : -(-a / b)
}

/// An associative, commutative way to make one element of many.
package protocol WindowReduction: SendableMetatype {
  associatedtype Element: BitwiseCopyable & Sendable & SIMDScalar
  /// What a window without elements gives.
  static var identity: Element { get }
  static func combine(_ a: Element, _ b: Element) -> Element
  static func combine(_ a: SIMD8<Element>, _ b: SIMD8<Element>) -> SIMD8<Element>
}

package enum Sum<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable & SIMDScalar>:
  WindowReduction
{
  package static var identity: Element { 0 }
  @inline(__always)
  package static func combine(_ a: Element, _ b: Element) -> Element { a + b }
  @inline(__always)
  package static func combine(_ a: SIMD8<Element>, _ b: SIMD8<Element>) -> SIMD8<Element> { a + b }
}

package enum Maximum<Element: OrderedElement>: WindowReduction {
  package static var identity: Element { Element.least }
  @inline(__always)
  package static func combine(_ a: Element, _ b: Element) -> Element { Element.larger(a, b) }
  @inline(__always)
  package static func combine(_ a: SIMD8<Element>, _ b: SIMD8<Element>) -> SIMD8<Element> {
    Element.larger(a, b)
  }
}

/// Reduces every window of planes that lie one after another, one axis after the other.
///
/// - Parameters:
///   - axes: outermost first, at least one.
///   - source: `planes` times the product of the axes' inputs.
///   - destination: `planes` times the product of the axes' outputs.
@specialized(where R == Maximum<Float>)
@specialized(where R == Maximum<Double>)
@specialized(where R == Maximum<Int8>)
@specialized(where R == Maximum<UInt8>)
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
  let tapRanges = axes.map { axis in (0..<axis.output).map { axis.taps(at: $0) } }
  nonisolated(unsafe) let from = source
  nonisolated(unsafe) let to = destination
  let rowsCount = passes.map { axes[$0.axis].paddedRowsCount($0) }.max()!
  let planesPerTask = max(1, 4096 / max(inputSize, outputSize))
  team.forEachChunk(of: planes, chunk: planesPerTask) { planes in
    let between = passes.dropLast().map {
      UnsafeMutablePointer<R.Element>.allocate(capacity: $0.outputCount)
    }
    let rows = UnsafeMutablePointer<R.Element>.allocate(capacity: rowsCount)
    defer { for buffer in between + [rows] { buffer.deallocate() } }
    for plane in planes {
      var current = from + plane * inputSize
      for (step, pass) in passes.enumerated() {
        let target = step < between.count ? between[step] : to + plane * outputSize
        reduceAxis(
          reduction, axes[pass.axis], tapRanges[pass.axis], pass, from: current, to: target,
          scratch: rows)
        current = UnsafePointer(target)
      }
    }
  }
}

@inline(__always)
private func reduceAxis<R: WindowReduction>(
  _: R.Type, _ axis: WindowAxis, _ tapRanges: [Range<Int>], _ pass: AxisPass,
  from source: UnsafePointer<R.Element>, to destination: UnsafeMutablePointer<R.Element>,
  scratch: UnsafeMutablePointer<R.Element>
) {
  let inner = pass.inner
  if axis.paddedRowsCount(pass) > 0 {
    reduceRows(
      R.self, axis, rows: pass.outer, from: source, to: destination, scratch: scratch)
    return
  }
  let interior = axis.interior
  for outer in 0..<pass.outer {
    let from = source + outer * axis.input * inner
    let to = destination + outer * axis.output * inner
    if inner == 1, axis.stride > 1 {
      reduceRow(R.self, axis, from: from, to: to)
      continue
    }
    var position = 0
    while position < axis.output {
      let positions = position == interior.lowerBound ? max(1, interior.count) : 1
      let taps = tapRanges[position]
      let first = position * axis.stride - axis.padding + taps.lowerBound * axis.dilation
      reduceRun(
        R.self, from + first * inner, taps: taps.count, step: axis.dilation * inner,
        to: to + position * inner, count: positions * inner)
      position += positions
    }
  }
}

/// Rows along the axis itself, all as one long run: each between as many identities as a window
/// reaches over its ends.
@inline(__always)
private func reduceRows<R: WindowReduction>(
  _: R.Type, _ axis: WindowAxis, rows: Int, from source: UnsafePointer<R.Element>,
  to destination: UnsafeMutablePointer<R.Element>, scratch padded: UnsafeMutablePointer<R.Element>
) {
  let pitch = axis.paddedPitch
  let kept = min(axis.input, max(pitch - axis.padding, 0))
  padded.initialize(repeating: R.identity, count: rows * pitch)
  for row in 0..<rows {
    (padded + row * pitch + axis.padding).update(from: source + row * axis.input, count: kept)
  }
  let reduced = padded + rows * pitch
  reduceRun(
    R.self, padded, taps: axis.kernel, step: axis.dilation, to: reduced,
    count: rows * pitch - axis.reach)
  for row in 0..<rows {
    (destination + row * axis.output).update(from: reduced + row * pitch, count: axis.output)
  }
}

/// Neighbours that each combine `taps` elements, `step` apart.
@inline(__always)
private func reduceRun<R: WindowReduction>(
  _: R.Type, _ source: UnsafePointer<R.Element>, taps: Int, step: Int,
  to destination: UnsafeMutablePointer<R.Element>, count: Int
) {
  if taps == 0 {
    destination.update(repeating: R.identity, count: count)
    return
  }
  let whole = count & ~7
  for i in stride(from: 0, to: whole, by: 8) {
    var tap = UnsafeRawPointer(source + i)
    var result = tap.loadUnaligned(as: SIMD8<R.Element>.self)
    for _ in 1..<taps {
      tap += step &* MemoryLayout<R.Element>.stride
      result = R.combine(result, tap.loadUnaligned(as: SIMD8<R.Element>.self))
    }
    UnsafeMutableRawPointer(destination + i).storeBytes(of: result, as: SIMD8<R.Element>.self)
  }
  for i in whole..<count {
    var result = source[i]
    for tap in 1..<taps { result = R.combine(result, source[i &+ tap &* step]) }
    destination[i] = result
  }
}

/// One row along the axis itself, a tap at a time, so that the loop runs over outputs.
@inline(__always)
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
  case 2:
    for i in 0..<count { destination[i] = R.combine(destination[i], source[2 &* i]) }
  default:
    for i in 0..<count { destination[i] = R.combine(destination[i], source[i &* step]) }
  }
}
