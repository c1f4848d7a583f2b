import CKernels

/// A float32 convolution over one or two dimensions, summed directly from rows of the input.
///
/// The output is computed in bands of rows. Each band's input is copied to a workspace that stays in
/// cache, laid out so that every term of the sums is a shifted row (``ShiftedMap``); pointwise
/// convolutions read the map in place. Whatever band it is in, each element is the same chains of
/// multiply-adds, so that the bits are the same on any number of threads.
package struct DirectConvolution: PackedConvolution {
  private let geometry: ConvolutionGeometry
  private let activation: Activation?
  private let level: SIMDLevel
  private let bands: Bands

  private enum Bands: Sendable {
    /// Runs of pixels of a map that is read in place, and where each input channel begins.
    case inPlace(pixels: Int, offsets: [Int])
    case shifted(ShiftedBands)
  }

  /// - Returns: `nil` when the geometry has three dimensions, nothing to sum, or more terms than a
  ///   table of offsets is made for.
  package init?(geometry: ConvolutionGeometry, activation: Activation? = nil) {
    self.init(geometry: geometry, activation: activation, level: InstructionSet.inUse)
  }

  package init?(geometry: ConvolutionGeometry, activation: Activation?, level: SIMDLevel) {
    guard geometry.kernel.depth == 1, geometry.input.depth == 1, geometry.output.depth == 1,
      geometry.padding.depth == 0, geometry.patchRows > 0, geometry.output.count > 0,
      geometry.patchRows <= ConvolutionGeometry.mostPackedTerms
    else { return nil }
    self.geometry = geometry
    self.activation = activation
    self.level = level
    if geometry.isPointwise, geometry.output.count >= convolution_vector(level) {
      let fitting = Self.bandBytes / 4 / geometry.inputChannels / Self.pixelUnit * Self.pixelUnit
      let sharing = geometry.output.count / Self.bandsWanted / Self.pixelUnit * Self.pixelUnit
      bands = .inPlace(
        pixels: max(min(fitting, sharing), Self.pixelUnit),
        offsets: (0..<geometry.inputChannels).map { $0 * geometry.input.count })
    } else {
      bands = .shifted(ShiftedBands(geometry, level))
    }
  }

  /// What a band's input may take: part of a second-level cache that weights share.
  static var bandBytes: Int { 256 << 10 }
  /// Enough bands for several threads to share a map that is read in place.
  private static var bandsWanted: Int { 8 }

  /// A multiple of the pixels every level's kernels take at a time.
  private static var pixelUnit: Int { 48 }

  /// Bytes of workspace each thread needs.
  package var workspaceBytesPerWorker: Int {
    switch bands {
    case .inPlace: 0
    case .shifted(let bands): bands.largestByteCount
    }
  }

  package var packedByteCount: Int {
    PackedWeights.byteCount(
      geometry: geometry, rows: convolution_rows(level), terms: geometry.patchRows)
  }

  package func packed(
    weights: UnsafeRawPointer, bias: UnsafePointer<Float>?, team: ThreadTeam
  ) -> PackedWeights {
    let (rows, terms) = (convolution_rows(level), geometry.patchRows)
    return PackedWeights(
      weights: weights, bias: bias, geometry: geometry, rows: rows, terms: terms, team: team
    ) { kernels, panel in
      var place = panel
      for term in 0..<terms {
        for channel in 0..<kernels.channels { place[channel] = kernels[channel, term] }
        place += rows
      }
    }
  }

  package func callAsFunction(
    input: UnsafePointer<Float>, weights: PackedWeights, output: UnsafeMutablePointer<Float>,
    team: ThreadTeam, workspace: @Sendable (_ worker: Int) -> UnsafeMutableRawPointer
  ) {
    let maps = Maps(input: input, output: output, weights: weights)
    let groups = geometry.groups
    switch bands {
    case .inPlace(let pixels, let offsets):
      let count = max(geometry.output.count / pixels, 1)
      team.forEach(geometry.batch * groups * count) { index, _ in
        let first = index % count * pixels
        // The last run takes what would be too short for one of its own.
        let end = index % count == count - 1 ? geometry.output.count : first + pixels
        computeInPlace(maps, plane: index / count, pixels: first..<end, offsets: offsets)
      }
    case .shifted(let bands):
      let (rows, map) = bands.bands(for: team.threadCount)
      let count = (geometry.output.height + rows - 1) / rows
      team.forEach(geometry.batch * groups * count) { index, worker in
        let first = index % count * rows
        let end = min(first + rows, geometry.output.height)
        computeBand(
          maps, plane: index / count, rows: first..<end, map: map,
          workspace: workspace(worker).assumingMemoryBound(to: Float.self))
      }
    }
  }

  private struct Maps: @unchecked Sendable {
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let weights: PackedWeights
  }

  private func computeInPlace(_ maps: Maps, plane: Int, pixels: Range<Int>, offsets: [Int]) {
    compute(
      maps, plane: plane, offsets: offsets,
      input: maps.input + plane * geometry.inputChannels * geometry.input.count
        + pixels.lowerBound,
      pixels: pixels.count, pitch: pixels.count, width: pixels.count, readsMap: true,
      firstPixel: pixels.lowerBound)
  }

  private func computeBand(
    _ maps: Maps, plane: Int, rows: Range<Int>, map: ShiftedMap,
    workspace: UnsafeMutablePointer<Float>
  ) {
    map.fill(
      workspace, from: maps.input + plane * geometry.inputChannels * geometry.input.count,
      firstRow: rows.lowerBound, rows: rows.count, level: level)
    let width = geometry.output.width
    compute(
      maps, plane: plane, offsets: map.offsets, input: UnsafePointer(workspace),
      pixels: (rows.count - 1) * map.pitch + width, pitch: map.pitch, width: width,
      readsMap: false, firstPixel: rows.lowerBound * width)
  }

  private func compute(
    _ maps: Maps, plane: Int, offsets: [Int], input: UnsafePointer<Float>, pixels: Int, pitch: Int,
    width: Int, readsMap: Bool, firstPixel: Int
  ) {
    let group = plane % geometry.groups
    offsets.withUnsafeBufferPointer { offsets in
      var block = ConvolutionBlock()
      block.weights = UnsafePointer(
        maps.weights.weights + group * maps.weights.groupStride.weights)
      block.bias = UnsafePointer(maps.weights.bias + group * maps.weights.groupStride.bias)
      block.input = input
      block.offsets = offsets.baseAddress
      block.depth = offsets.count
      block.channels = geometry.outputChannels
      block.pixels = pixels
      block.pitch = pitch
      block.width = width
      block.reads_map = readsMap
      block.output =
        maps.output + plane * geometry.outputChannels * geometry.output.count + firstPixel
      block.channel_stride = geometry.output.count
      (block.activation, block.slope) = activation.cValue
      convolve_block(level, &block)
    }
  }
}

extension Activation? {
  var cValue: (ConvolutionActivation, Float) {
    switch self {
    case nil: (ConvolutionActivationNone, 0)
    case .relu: (ConvolutionActivationRelu, 0)
    case .leakyRelu(let slope): (ConvolutionActivationLeakyRelu, slope)
    case .sigmoid: (ConvolutionActivationSigmoid, 0)
    case .silu: (ConvolutionActivationSiLU, 0)
    }
  }
}
