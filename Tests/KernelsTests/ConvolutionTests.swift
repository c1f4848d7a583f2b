import CKernels
import Foundation
import Kernels
import TestSupport
import Testing

/// The definition, element by element, in double precision.
private func convolve(
  _ geometry: ConvolutionGeometry, input: [Float], weights: [Float], bias: [Float]?
) -> [Double] {
  typealias Extent = ConvolutionGeometry.Extent
  func positions(_ extent: Extent) -> [Extent] {
    (0..<extent.depth).flatMap { z in
      (0..<extent.height).flatMap { y in (0..<extent.width).map { x in Extent(z, y, x) } }
    }
  }
  var output: [Double] = []
  let (kernel, stride, dilation) = (geometry.kernel, geometry.stride, geometry.dilation)
  for plane in 0..<geometry.batch * geometry.groups {
    for channel in 0..<geometry.outputChannels {
      let filter = plane % geometry.groups * geometry.outputChannels + channel
      for place in positions(geometry.output) {
        var sum = Double(bias?[filter] ?? 0)
        for inputChannel in 0..<geometry.inputChannels {
          for (tapIndex, tap) in positions(kernel).enumerated() {
            let z = place.depth * stride.depth - geometry.padding.depth + tap.depth * dilation.depth
            let y =
              place.height * stride.height - geometry.padding.height + tap.height * dilation.height
            let x =
              place.width * stride.width - geometry.padding.width + tap.width * dilation.width
            guard (0..<geometry.input.depth).contains(z), (0..<geometry.input.height).contains(y),
              (0..<geometry.input.width).contains(x)
            else { continue }
            let source =
              ((plane * geometry.inputChannels + inputChannel) * geometry.input.depth + z)
              * geometry.input.height + y
            let weight =
              (filter * geometry.inputChannels + inputChannel) * kernel.count + tapIndex
            sum += Double(input[source * geometry.input.width + x]) * Double(weights[weight])
          }
        }
        output.append(sum)
      }
    }
  }
  return output
}

private struct Case: Sendable, CustomTestStringConvertible {
  let seed: UInt64
  let geometry: ConvolutionGeometry
  var testDescription: String { "seed \(seed)" }
}

private func randomCase(seed: UInt64, dimensions: Int) -> Case {
  var generator = SeededGenerator(seed: seed)
  func extent(_ range: ClosedRange<Int>, missing: Int) -> ConvolutionGeometry.Extent {
    .init(
      dimensions > 2 ? .random(in: range, using: &generator) : missing,
      dimensions > 1 ? .random(in: range, using: &generator) : missing,
      .random(in: range, using: &generator))
  }
  let kernel = extent(1...4, missing: 1)
  let stride = extent(1...3, missing: 1)
  let dilation = extent(1...2, missing: 1)
  let padding = extent(0...3, missing: 0)
  let input = extent(8...(dimensions > 2 ? 9 : 37), missing: 1)
  func outputs(_ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ padding: Int) -> Int {
    (input + 2 * padding - (kernel - 1) * dilation - 1) / stride + 1
  }
  return Case(
    seed: seed,
    geometry: ConvolutionGeometry(
      batch: .random(in: 1...2, using: &generator), groups: .random(in: 1...3, using: &generator),
      inputChannels: .random(in: 1...9, using: &generator),
      outputChannels: .random(in: 1...19, using: &generator), input: input,
      output: .init(
        outputs(input.depth, kernel.depth, stride.depth, dilation.depth, padding.depth),
        outputs(input.height, kernel.height, stride.height, dilation.height, padding.height),
        outputs(input.width, kernel.width, stride.width, dilation.width, padding.width)),
      kernel: kernel, stride: stride, dilation: dilation, padding: padding))
}

private let randomCases =
  (1...40).map { randomCase(seed: $0, dimensions: 2) }
  + (41...50).map { randomCase(seed: $0, dimensions: 1) }
  + (51...60).map { randomCase(seed: $0, dimensions: 3) }
  + [(1, 7), (3, 40), (17, 1), (300, 6)].map { channels, side in
    let extent = ConvolutionGeometry.Extent(1, side, side)
    let one = ConvolutionGeometry.Extent(1, 1, 1)
    return Case(
      seed: UInt64(side),
      geometry: ConvolutionGeometry(
        batch: 2, groups: 1, inputChannels: channels, outputChannels: 11, input: extent,
        output: extent, kernel: one, stride: one, dilation: one, padding: .init(0, 0, 0)))
  }

/// Kernels of 3x3 with stride 1, of maps that tiles of 2x2 do and do not fill.
private let winogradCases =
  (UInt64(1)...30).map { seed in
    var generator = SeededGenerator(seed: seed &+ 500)
    func random(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
    typealias Extent = ConvolutionGeometry.Extent
    let input = Extent(1, random(8...41), random(8...41))
    let padding = Extent(0, random(0...3), random(0...3))
    let behind = (random(0...3), random(0...3))
    let one = Extent(1, 1, 1)
    return Case(
      seed: seed,
      geometry: ConvolutionGeometry(
        batch: random(1...2), groups: random(1...2), inputChannels: random(8...40),
        outputChannels: random(8...21), input: input,
        output: Extent(
          1, input.height + padding.height + behind.0 - 2,
          input.width + padding.width + behind.1 - 2),
        kernel: Extent(1, 3, 3), stride: one, dilation: one, padding: padding))
  }
  + [300].map { channels in
    let extent = ConvolutionGeometry.Extent(1, 8, 8)
    let one = ConvolutionGeometry.Extent(1, 1, 1)
    return Case(
      seed: UInt64(channels),
      geometry: ConvolutionGeometry(
        batch: 1, groups: 1, inputChannels: channels, outputChannels: 9, input: extent,
        output: extent, kernel: .init(1, 3, 3), stride: one, dilation: one, padding: .init(0, 1, 1))
    )
  }

private let levels = [SIMDLevelPlain, SIMDLevelAVX2, SIMDLevelAVX512].filter {
  $0.rawValue <= simd_level_available().rawValue
}

@Suite struct ConvolutionTests {
  private func operands(_ item: Case) -> (input: [Float], weights: [Float], bias: [Float]?) {
    var generator = SeededGenerator(seed: item.seed &+ 1000)
    func random(_ count: Int) -> [Float] {
      (0..<count).map { _ in .random(in: -1...1, using: &generator) }
    }
    let geometry = item.geometry
    let channels = geometry.groups * geometry.outputChannels
    return (
      random(geometry.batch * geometry.groups * geometry.inputChannels * geometry.input.count),
      random(channels * geometry.patchRows), item.seed % 3 == 0 ? nil : random(channels)
    )
  }

  private func direct(
    _ item: Case, level: SIMDLevel, threads: Int = 1, activation: Activation? = nil
  ) -> [Float]? {
    DirectConvolution(geometry: item.geometry, activation: activation, level: level)
      .map { run($0, item, threads: threads) }
  }

  private func winograd(
    _ item: Case, level: SIMDLevel, threads: Int = 1, activation: Activation? = nil
  ) -> [Float]? {
    WinogradConvolution(geometry: item.geometry, activation: activation, level: level)
      .map { run($0, item, threads: threads) }
  }

  private func run(_ convolution: any PackedConvolution, _ item: Case, threads: Int) -> [Float] {
    let (input, weights, bias) = operands(item)
    let geometry = item.geometry
    let count =
      geometry.batch * geometry.groups * geometry.outputChannels * geometry.output.count
    var output = [Float](repeating: .nan, count: count)
    let bytes = convolution.workspaceBytesPerWorker
    nonisolated(unsafe) let workspace = UnsafeMutableRawPointer.allocate(
      byteCount: max(bytes * threads, 1), alignment: 64)
    defer { workspace.deallocate() }
    let team = ThreadTeam(threadCount: threads)
    convolution(
      input: input, weights: convolution.packed(weights: weights, bias: bias, team: team),
      output: &output, team: team
    ) { workspace + $0 * bytes }
    return output
  }

  private func blas(_ item: Case, activation: Activation? = nil) throws -> [Float] {
    let (input, weights, bias) = operands(item)
    let geometry = item.geometry
    let convolution = BLASConvolution<Float>(geometry: geometry, activation: activation)
    let count =
      geometry.batch * geometry.groups * geometry.outputChannels * geometry.output.count
    var output = [Float](repeating: .nan, count: count)
    nonisolated(unsafe) let workspace = UnsafeMutableRawPointer.allocate(
      byteCount: max(convolution.workspaceBytesPerWorker, 1), alignment: 64)
    defer { workspace.deallocate() }
    try convolution(
      input: input, weights: weights, bias: bias, output: &output,
      team: ThreadTeam(threadCount: 1)
    ) { _ in workspace }
    return output
  }

  /// Each of `depth` products and sums of values up to 1 rounds by at most 2^-24 of the sum.
  private func bound(_ item: Case) -> Double {
    let terms = Double(item.geometry.patchRows + 1)
    return terms * terms * 0x1p-24
  }

  @Test(arguments: randomCases) private func `BLAS form agrees with the definition`(_ item: Case)
    throws
  {
    let (input, weights, bias) = operands(item)
    let expected = convolve(item.geometry, input: input, weights: weights, bias: bias)
    let error = zip(try blas(item), expected).map { abs(Double($0) - $1) }.max()!
    #expect(error <= bound(item))
  }

  @Test(arguments: randomCases, levels)
  private func `direct form agrees with the definition`(_ item: Case, level: SIMDLevel) {
    guard let output = direct(item, level: level) else {
      #expect(item.geometry.kernel.depth > 1 || item.geometry.input.depth > 1)
      return
    }
    let (input, weights, bias) = operands(item)
    let expected = convolve(item.geometry, input: input, weights: weights, bias: bias)
    let error = zip(output, expected).map { abs(Double($0) - $1) }.max()!
    #expect(error <= bound(item))
  }

  @Test(arguments: randomCases) private func `direct form's bits are one`(_ item: Case) {
    let fused = levels.filter { $0 != SIMDLevelPlain }
    guard let level = fused.last, let output = direct(item, level: level) else { return }
    #expect(direct(item, level: level, threads: 3) == output)
    for other in fused { #expect(direct(item, level: other) == output, "level \(other)") }
  }

  @Test(arguments: winogradCases, levels)
  private func `Winograd form agrees with the definition`(_ item: Case, level: SIMDLevel) throws {
    let output = try #require(winograd(item, level: level))
    let (input, weights, bias) = operands(item)
    let expected = convolve(item.geometry, input: input, weights: weights, bias: bias)
    let error = zip(output, expected).map { abs(Double($0) - $1) }.max()!
    // Transformed inputs are sums of four, and each output is a sum of nine products of them.
    let typical = 0x1p-24 * 8 * Double(item.geometry.patchRows).squareRoot()
    #expect(error <= typical)
  }

  @Test(arguments: winogradCases) private func `Winograd form's bits are one`(_ item: Case) throws {
    let fused = levels.filter { $0 != SIMDLevelPlain }
    let level = try #require(fused.last ?? levels.last)
    let output = try #require(winograd(item, level: level))
    #expect(winograd(item, level: level, threads: 3) == output)
    for other in fused { #expect(winograd(item, level: other) == output, "level \(other)") }
  }

  @Test(arguments: levels) private func `Winograd form applies an activation`(_ level: SIMDLevel) {
    for item in winogradCases.prefix(5) {
      let expected = winograd(item, level: level)!.map { max($0, 0) }
      #expect(winograd(item, level: level, activation: .relu) == expected)
    }
  }

  @Test func `Winograd form leaves alone what it is not for`() {
    let base = winogradCases[0].geometry
    let others: [(inout ConvolutionGeometry) -> Void] = [
      { $0.stride = .init(1, 2, 2) }, { $0.dilation = .init(1, 2, 2) },
      { $0.kernel = .init(1, 1, 3) }, { $0.kernel = .init(1, 5, 5) }, { $0.inputChannels = 3 },
      { $0.outputChannels = 3 }, { $0.output = .init(1, 2, 2) }, { $0.input.depth = 2 },
    ]
    #expect(WinogradConvolution(geometry: base) != nil)
    for change in others {
      var geometry = base
      change(&geometry)
      #expect(WinogradConvolution(geometry: geometry) == nil)
    }
  }

  @Test(arguments: [Activation.relu, .leakyRelu(slope: 0.1), .sigmoid, .silu], levels)
  private func `an activation is applied to the result`(_ activation: Activation, level: SIMDLevel)
  {
    for item in randomCases.prefix(5) {
      let expected = direct(item, level: level)!.map { x in
        let x = Double(x)
        return switch activation {
        case .relu: max(x, 0)
        case .leakyRelu(let slope): x < 0 ? x * Double(slope) : x
        case .sigmoid: 1 / (1 + Foundation.exp(-x))
        case .silu: x / (1 + Foundation.exp(-x))
        }
      }
      let error = zip(direct(item, level: level, activation: activation)!, expected)
        .map { abs(Double($0) - $1) / max(abs($1), 1) }.max()!
      #expect(error <= 4 * 0x1p-24)
    }
  }
}
