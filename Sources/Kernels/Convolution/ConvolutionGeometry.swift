/// The sizes of a convolution over maps `[batch, channels, depth, height, width]`.
///
/// Convolutions over fewer dimensions have leading extents of 1.
package struct ConvolutionGeometry: Sendable, Equatable {
  package var batch: Int
  package var groups: Int
  /// Channels of the input each group reads.
  package var inputChannels: Int
  /// Channels of the output each group makes.
  package var outputChannels: Int
  package var input: Extent
  package var output: Extent
  package var kernel: Extent
  package var stride: Extent
  package var dilation: Extent
  /// Zeros before the first element of each dimension.
  package var padding: Extent

  package struct Extent: Sendable, Equatable {
    package var depth: Int
    package var height: Int
    package var width: Int

    package init(_ depth: Int, _ height: Int, _ width: Int) {
      self.depth = depth
      self.height = height
      self.width = width
    }

    package var count: Int { depth * height * width }
  }

  package init(
    batch: Int, groups: Int, inputChannels: Int, outputChannels: Int, input: Extent, output: Extent,
    kernel: Extent, stride: Extent, dilation: Extent, padding: Extent
  ) {
    self.batch = batch
    self.groups = groups
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.input = input
    self.output = output
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.padding = padding
  }

  /// Rows of the patch matrix: products summed into each output element.
  package var patchRows: Int { inputChannels * kernel.count }

  package var multiplyAdds: Int {
    batch &* groups &* outputChannels &* output.count &* patchRows
  }

  /// The most ``patchRows`` for which offsets are kept in a table and weights are packed.
  static var mostPackedTerms: Int { 1 << 20 }

  /// Whether each patch is one input element, in the order of the output.
  package var isPointwise: Bool {
    kernel.count == 1 && stride == Extent(1, 1, 1) && padding == Extent(0, 0, 0) && input == output
  }
}
