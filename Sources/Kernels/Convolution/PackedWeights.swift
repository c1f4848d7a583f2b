import CKernels

/// A convolution's weights and bias in the order the kernels read them.
///
/// For each group, panels of `rows` output channels: `[panel][term][row]`, where a term is what one
/// row of the input, or of something made of it, is multiplied by. Channels missing from the last
/// panel are zero.
package final class PackedWeights: @unchecked Sendable {
  let weights: UnsafeMutablePointer<Float>
  let bias: UnsafeMutablePointer<Float>
  /// Floats from one group's weights, and bias, to the next one's.
  let groupStride: (weights: Int, bias: Int)

  /// The weights of the output channels of one panel, wherever floats can stand.
  struct Kernels {
    fileprivate let start: UnsafeRawPointer
    /// Weights of a channel.
    fileprivate let count: Int
    /// How many channels there are, at most as many as a panel has rows.
    let channels: Int

    /// One weight of a channel, in the order `[input channel][kernel]`.
    subscript(channel: Int, weight: Int) -> Float {
      start.loadUnaligned(
        fromByteOffset: (channel &* count &+ weight) &* MemoryLayout<Float>.stride, as: Float.self)
    }
  }

  /// Bytes that weights of `terms` for each output channel take.
  static func byteCount(geometry: ConvolutionGeometry, rows: Int, terms: Int) -> Int {
    let panels = geometry.groups * ((geometry.outputChannels + rows - 1) / rows)
    return panels * rows * (terms + 1) * MemoryLayout<Float>.stride
  }

  /// - Parameters:
  ///   - terms: how many an output channel has.
  ///   - expand: writes the terms of one panel, `[term][row]`; rows it leaves out are zero.
  init(
    weights source: UnsafeRawPointer, bias sourceBias: UnsafePointer<Float>?,
    geometry: ConvolutionGeometry, rows: Int, terms: Int, team: ThreadTeam,
    expand: @Sendable (_ kernels: Kernels, _ panel: UnsafeMutablePointer<Float>) -> Void
  ) {
    let channels = geometry.outputChannels
    let panels = (channels + rows - 1) / rows
    groupStride = (panels * terms * rows, panels * rows)
    let panelCount = geometry.groups * panels
    weights = .allocate(capacity: max(panelCount * terms * rows, 1))
    bias = .allocate(capacity: max(panelCount * rows, 1))
    bias.initialize(repeating: 0, count: panelCount * rows)
    let packing = Packing(source: source, bias: sourceBias, weights: weights, packedBias: bias)
    team.forEach(panelCount) { panel, _ in
      let group = panel / panels
      let first = panel % panels * rows
      let target = packing.weights + panel * terms * rows
      let kernels = Kernels(
        start: packing.source
          + (group * channels + first) * geometry.patchRows * MemoryLayout<Float>.stride,
        count: geometry.patchRows, channels: min(rows, channels - first))
      if kernels.channels < rows { target.update(repeating: 0, count: terms * rows) }
      expand(kernels, target)
      guard let bias = packing.bias else { return }
      for row in 0..<kernels.channels {
        packing.packedBias[panel * rows + row] = bias[group * channels + first + row]
      }
    }
  }

  deinit {
    weights.deallocate()
    bias.deallocate()
  }

  private struct Packing: @unchecked Sendable {
    let source: UnsafeRawPointer
    let bias: UnsafePointer<Float>?
    let weights: UnsafeMutablePointer<Float>
    let packedBias: UnsafeMutablePointer<Float>
  }
}
