import Tensors
import TestSupport

extension RealModels {
  /// A letterboxed photograph as the network takes it.
  static func prepared(_ image: String, size: String) throws -> Tensor {
    let archive = try TensorArchive(contentsOfFile: path("goldens/letterbox.npz"))
    let pixels = archive.entries.first { $0.name == "\(image)_\(size)_rgb" }!.tensor
    let (height, width) = (pixels.shape[0], pixels.shape[1])
    let values = pixels.elements(of: UInt8.self)
    return Tensor(Float.self, shape: [1, 3, height, width]) { target in
      for channel in 0..<3 {
        for pixel in 0..<height * width {
          target[channel * height * width + pixel] = Float(values[pixel * 3 + channel]) / 255
        }
      }
    }
  }
}
