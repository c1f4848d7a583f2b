import CKernels

/// A 3x3 convolution with stride 1 by Winograd's F(2x2, 3x3): each tile of 2x2 outputs takes 16
/// products of an input channel instead of 36.
///
/// The transformations only add, and the products of a tile are summed over the input channels alone;
/// measured against float64 the error is that of the direct sums.
package struct WinogradConvolution: PackedConvolution {
  private let geometry: ConvolutionGeometry
  private let activation: Activation?
  private let level: SIMDLevel
  private let tilesAcross: Int
  private let tileCount: Int
  /// Where each input channel's tiles stand in the workspace.
  private let offsets: [Int]

  package init?(geometry: ConvolutionGeometry, activation: Activation? = nil) {
    self.init(geometry: geometry, activation: activation, level: InstructionSet.inUse)
  }

  package init?(geometry: ConvolutionGeometry, activation: Activation?, level: SIMDLevel) {
    typealias Extent = ConvolutionGeometry.Extent
    let unit = Extent(1, 1, 1)
    guard geometry.kernel == Extent(1, 3, 3), geometry.stride == unit, geometry.dilation == unit,
      geometry.padding.depth == 0, geometry.input.depth == 1,
      min(geometry.inputChannels, geometry.outputChannels) >= Self.fewestChannels,
      geometry.patchRows <= ConvolutionGeometry.mostPackedTerms
    else { return nil }
    tilesAcross = (geometry.output.width + 1) / 2
    tileCount = (geometry.output.height + 1) / 2 * tilesAcross
    guard tileCount >= Self.fewestTiles else { return nil }
    self.geometry = geometry
    self.activation = activation
    self.level = level
    offsets = (0..<geometry.inputChannels).map { $0 * winograd_tiles(level) }
  }

  /// Below these the transformations cost more than they save.
  private static var fewestChannels: Int { 8 }
  private static var fewestTiles: Int { 16 }

  package var workspaceBytesPerWorker: Int {
    winograd_workspace(level, geometry.inputChannels) * MemoryLayout<Float>.stride
  }

  package var packedByteCount: Int {
    PackedWeights.byteCount(
      geometry: geometry, rows: convolution_rows(level), terms: 16 * geometry.inputChannels)
  }

  package func packed(
    weights: UnsafeRawPointer, bias: UnsafePointer<Float>?, team: ThreadTeam
  ) -> PackedWeights {
    let (rows, channels) = (convolution_rows(level), geometry.inputChannels)
    return PackedWeights(
      weights: weights, bias: bias, geometry: geometry, rows: rows, terms: 16 * channels,
      team: team
    ) { kernels, panel in
      for outputChannel in 0..<kernels.channels {
        for channel in 0..<channels {
          let columns = WinogradKernel { kernels[outputChannel, 9 * channel + $0] }.columns
          for row in 0..<4 {
            let place = panel + ((4 * row * channels + channel) * rows + outputChannel)
            place[0] = columns.0[row]
            place[channels * rows] = columns.1[row]
            place[2 * channels * rows] = columns.2[row]
            place[3 * channels * rows] = columns.3[row]
          }
        }
      }
    }
  }

  package func callAsFunction(
    input: UnsafePointer<Float>, weights: PackedWeights, output: UnsafeMutablePointer<Float>,
    team: ThreadTeam, workspace: @Sendable (_ worker: Int) -> UnsafeMutableRawPointer
  ) {
    let maps = Maps(input: input, output: output, weights: weights)
    let blockTiles = winograd_tiles(level)
    let blocks = (tileCount + blockTiles - 1) / blockTiles
    team.forEach(geometry.batch * geometry.groups * blocks) { index, worker in
      let first = index % blocks * blockTiles
      compute(
        maps, plane: index / blocks, tiles: first..<min(first + blockTiles, tileCount),
        workspace: workspace(worker).assumingMemoryBound(to: Float.self))
    }
  }

  private struct Maps: @unchecked Sendable {
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let weights: PackedWeights
  }

  /// - Parameter plane: counts the groups of all images.
  private func compute(
    _ maps: Maps, plane: Int, tiles: Range<Int>, workspace: UnsafeMutablePointer<Float>
  ) {
    let group = plane % geometry.groups
    offsets.withUnsafeBufferPointer { offsets in
      var block = WinogradBlock()
      block.weights = UnsafePointer(
        maps.weights.weights + group * maps.weights.groupStride.weights)
      block.bias = UnsafePointer(maps.weights.bias + group * maps.weights.groupStride.bias)
      block.input = maps.input + plane * geometry.inputChannels * geometry.input.count
      block.offsets = offsets.baseAddress
      block.depth = geometry.inputChannels
      block.height = geometry.input.height
      block.width = geometry.input.width
      block.padding_top = geometry.padding.height
      block.padding_left = geometry.padding.width
      block.channels = geometry.outputChannels
      block.output_height = geometry.output.height
      block.output_width = geometry.output.width
      block.tiles_across = tilesAcross
      block.first_tile = tiles.lowerBound
      block.tiles = tiles.count
      block.output = maps.output + plane * geometry.outputChannels * geometry.output.count
      block.workspace = workspace
      (block.activation, block.slope) = activation.cValue
      winograd_block(level, &block)
    }
  }
}

/// A 3x3 kernel g as the products of F(2x2, 3x3) take it: G g G', computed in float64 and rounded once.
private struct WinogradKernel {
  private typealias Vector = SIMD4<Double>

  /// The columns of the 4x4 result.
  let columns: (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>)

  init(_ kernel: (_ place: Int) -> Float) {
    /// G times a column of g.
    func transformed(_ column: Int) -> Vector {
      let a = Double(kernel(column))
      let b = Double(kernel(3 + column))
      let c = Double(kernel(6 + column))
      return Vector(a, (a + b + c) / 2, (a - b + c) / 2, c)
    }
    let (a, b, c) = (transformed(0), transformed(1), transformed(2))
    columns = (
      SIMD4<Float>(a), SIMD4<Float>((a + b + c) / 2), SIMD4<Float>((a - b + c) / 2),
      SIMD4<Float>(c)
    )
  }
}
