/// A float32 convolution over one or two dimensions whose weights are packed before they are used.
package protocol PackedConvolution: Sendable {
  /// - Returns: `nil` when this is not the way to compute the geometry.
  init?(geometry: ConvolutionGeometry, activation: Activation?)

  /// Bytes of workspace each thread needs.
  var workspaceBytesPerWorker: Int { get }

  /// Bytes of the weights as the convolution reads them.
  var packedByteCount: Int { get }

  /// Weights as the convolution reads them.
  ///
  /// - Parameters:
  ///   - weights: float32 `[groups * outputChannels, inputChannels, kernel…]`, aligned or not.
  ///   - bias: `[groups * outputChannels]`.
  func packed(
    weights: UnsafeRawPointer, bias: UnsafePointer<Float>?, team: ThreadTeam
  ) -> PackedWeights

  /// Runs the convolution. The bits are the same on any number of threads.
  ///
  /// - Parameters:
  ///   - input: `[batch, groups * inputChannels, height, width]`.
  ///   - weights: what ``packed(weights:bias:team:)`` returned.
  ///   - output: `[batch, groups * outputChannels, height, width]`; all of it is written.
  ///   - workspace: for a thread's number, ``workspaceBytesPerWorker`` bytes of its own.
  func callAsFunction(
    input: UnsafePointer<Float>, weights: PackedWeights, output: UnsafeMutablePointer<Float>,
    team: ThreadTeam, workspace: @Sendable (_ worker: Int) -> UnsafeMutableRawPointer)
}

/// How float32 convolutions are computed.
public enum ConvolutionMethod: String, Sendable, CaseIterable {
  /// The fastest way known for each.
  case fastest
  /// Each output as one sum of products, without transformations that save multiplications.
  case direct
  /// Matrix products by BLAS.
  case blas
}
