/// A convolution over maps of one shape as products of matrices, computed by BLAS.
///
/// Each group is the matrix product `weights[outputChannels, patchRows] * patches[patchRows, pixels]`.
/// It is computed in tiles of output pixels: the patches of a tile are packed into a workspace that
/// stays in cache, and bias and activation are applied before the tile leaves it. The tiles depend
/// on the geometry alone, so the bits are the same on any number of threads.
package struct BLASConvolution<T: BLASElement>: Sendable {
  package let geometry: ConvolutionGeometry
  package let activation: Activation?
  private let tileColumns: Int

  package init(geometry: ConvolutionGeometry, activation: Activation? = nil) {
    self.geometry = geometry
    self.activation = activation
    let rows = max(geometry.isPointwise ? geometry.outputChannels : geometry.patchRows, 1)
    let fitting = Self.tileBytes / MemoryLayout<T>.stride / rows / 16 * 16
    tileColumns = min(max(fitting, Self.columnRange.lowerBound), Self.columnRange.upperBound)
  }

  /// Half of a small second-level cache: the patches of a tile.
  private static var tileBytes: Int { 512 << 10 }
  /// Below the first, packing the weights weighs more than multiplying; above the second, a map is
  /// too few tiles for several threads.
  private static var columnRange: ClosedRange<Int> { 192...1024 }

  /// Bytes of workspace each thread needs.
  package var workspaceBytesPerWorker: Int {
    geometry.isPointwise ? 0 : geometry.patchRows * tileColumns * MemoryLayout<T>.stride
  }

  /// Runs the convolution.
  ///
  /// - Parameters:
  ///   - input: `[batch, groups * inputChannels, depth, height, width]`.
  ///   - weights: `[groups * outputChannels, inputChannels, kernel…]`.
  ///   - bias: `[groups * outputChannels]`.
  ///   - output: `[batch, groups * outputChannels, depth, height, width]`; all of it is written.
  ///   - workspace: for a thread's number, ``workspaceBytesPerWorker`` bytes of its own.
  /// - Throws: when there is no BLAS.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package func callAsFunction(
    input: UnsafePointer<T>, weights: UnsafePointer<T>, bias: UnsafePointer<T>?,
    output: UnsafeMutablePointer<T>, team: ThreadTeam,
    workspace: @Sendable (_ worker: Int) -> UnsafeMutableRawPointer
  ) throws(BLASError) {
    let blas = try BLAS.loaded()
    let pixels = geometry.output.count
    let tiles = (pixels + tileColumns - 1) / tileColumns
    let source = Operands(input: input, weights: weights, bias: bias, output: output)
    team.forEach(geometry.batch * geometry.groups * tiles) { index, worker in
      let start = index % tiles * tileColumns
      compute(
        source, with: blas, image: index / tiles / geometry.groups,
        group: index / tiles % geometry.groups,
        pixels: start..<min(start + tileColumns, pixels), workspace: workspace(worker))
    }
  }

  private struct Operands: @unchecked Sendable {
    let input: UnsafePointer<T>
    let weights: UnsafePointer<T>
    let bias: UnsafePointer<T>?
    let output: UnsafeMutablePointer<T>
  }

  private func compute(
    _ operands: Operands, with blas: BLAS, image: Int, group: Int, pixels: Range<Int>,
    workspace: UnsafeMutableRawPointer
  ) {
    let plane = image * geometry.groups + group
    let map = operands.input + plane * geometry.inputChannels * geometry.input.count
    let firstChannel = group * geometry.outputChannels
    let result =
      operands.output + plane * geometry.outputChannels * geometry.output.count + pixels.lowerBound
    let patches: UnsafePointer<T>
    let patchStride: Int
    if geometry.isPointwise {
      patches = map + pixels.lowerBound
      patchStride = geometry.input.count
    } else {
      let packed = workspace.assumingMemoryBound(to: T.self)
      geometry.packPatches(of: map, pixels: pixels, columns: pixels.count, into: packed)
      patches = UnsafePointer(packed)
      patchStride = pixels.count
    }
    T.multiply(
      with: blas, m: geometry.outputChannels, n: pixels.count, k: geometry.patchRows,
      a: operands.weights + firstChannel * geometry.patchRows, lda: max(geometry.patchRows, 1),
      b: patches, ldb: patchStride, beta: 0, c: result, ldc: geometry.output.count)
    for channel in 0..<geometry.outputChannels {
      let line = UnsafeMutableBufferPointer(
        start: result + channel * geometry.output.count, count: pixels.count)
      if let bias = operands.bias?[firstChannel + channel] {
        for index in line.indices { line[index] += bias }
      }
      activation?.apply(to: line)
    }
  }
}
