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

  /// - Parameters:
  ///   - terms: how many an output channel has.
  ///   - expand: writes the terms of one output channel, given its weights `[input channel][kernel]`,
  ///     to places that are `rows` apart.
  init(
    weights source: UnsafePointer<Float>, bias sourceBias: UnsafePointer<Float>?,
    geometry: ConvolutionGeometry, rows: Int, terms: Int, team: ThreadTeam,
    expand:
      @Sendable (_ kernels: UnsafePointer<Float>, _ terms: UnsafeMutablePointer<Float>) -> Void
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
      for row in 0..<rows {
        guard first + row < channels else {
          for term in 0..<terms { target[term * rows + row] = 0 }
          continue
        }
        let channel = group * channels + first + row
        expand(packing.source + channel * geometry.patchRows, target + row)
        if let bias = packing.bias { packing.packedBias[panel * rows + row] = bias[channel] }
      }
    }
  }

  deinit {
    weights.deallocate()
    bias.deallocate()
  }

  private struct Packing: @unchecked Sendable {
    let source: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?
    let weights: UnsafeMutablePointer<Float>
    let packedBias: UnsafeMutablePointer<Float>
  }
}
