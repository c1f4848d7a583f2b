import BoxMath
import Detection
import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite struct PreprocessingTests {
  /// Source, frame and stride; then the scaled size, left, top and the network's size, computed
  /// once in Python by the lines of Ultralytics' `letterbox`.
  @Test(arguments: [
    ([810, 1080, 640, 640, 0], [480, 640, 80, 0, 640, 640]),
    ([810, 1080, 640, 640, 32], [480, 640, 0, 0, 480, 640]),
    ([810, 1080, 640, 384, 0], [288, 384, 176, 0, 640, 384]),
    ([640, 640, 640, 384, 32], [384, 384, 0, 0, 384, 384]),
    ([500, 333, 640, 640, 0], [640, 426, 0, 107, 640, 640]),
    ([500, 333, 640, 640, 32], [640, 426, 0, 11, 640, 448]),
    ([500, 333, 630, 610, 32], [640, 426, 0, 11, 640, 448]),
    ([9, 7, 416, 416, 0], [416, 324, 0, 46, 416, 416]),
    ([641, 480, 640, 640, 0], [640, 479, 0, 80, 640, 640]),
    ([3, 1, 320, 320, 0], [320, 107, 0, 106, 320, 320]),
    ([1281, 721, 640, 640, 32], [640, 360, 0, 12, 640, 384]),
    ([2, 5, 7, 3, 0], [1, 3, 3, 0, 7, 3]),
    ([10, 1000, 640, 640, 0], [6, 640, 317, 0, 640, 640]),
  ])
  func aLetterboxLiesWhereUltralyticsPutsIt(given: [Int], expected: [Int]) throws {
    var preprocessing = Preprocessing()
    preprocessing.rectangularStride = given[4] == 0 ? nil : given[4]
    let image = gradient(width: given[0], height: given[1])
    let (tensor, placement) = try preprocessing.prepare(
      image, width: given[2], height: given[3], as: .uint8)
    let found = [
      placement.scaledWidth, placement.scaledHeight, placement.left, placement.top,
      placement.networkWidth, placement.networkHeight,
    ]
    #expect(found == expected)
    #expect(tensor.shape == [1, 3, expected[5], expected[4]])
    #expect(placement.sourceWidth == given[0] && placement.sourceHeight == given[1])
  }

  @Test(
    arguments: [Preprocessing.Layout.nchw, .nhwc], [Preprocessing.ChannelOrder.rgb, .bgr])
  func everySampleIsWhereItBelongs(
    layout: Preprocessing.Layout, channels: Preprocessing.ChannelOrder
  ) throws {
    var preprocessing = Preprocessing()
    preprocessing.channels = channels
    preprocessing.pad = 7
    let image = gradient(width: 5, height: 8)
    let (tensor, _) = try preprocessing.prepare(
      image, width: 11, height: 8, as: .uint8, layout: layout)
    let elements = tensor.elements(of: UInt8.self)
    #expect(tensor.shape == (layout == .nchw ? [1, 3, 8, 11] : [1, 8, 11, 3]))
    for y in 0..<8 {
      for x in 0..<11 {
        for channel in 0..<3 {
          let source = channels == .rgb ? channel : 2 - channel
          let inside = (3..<8).contains(x)
          let expected = inside ? image.pixels[(y * 5 + x - 3) * 3 + source] : 7
          let index = layout == .nchw ? (channel * 8 + y) * 11 + x : (y * 11 + x) * 3 + channel
          #expect(elements[index] == expected, "row \(y), column \(x), channel \(channel)")
        }
      }
    }
  }

  @Test func stretchingFillsTheWholeInput() throws {
    var preprocessing = Preprocessing()
    preprocessing.resize = .stretch
    let image = gradient(width: 50, height: 20)
    let (tensor, placement) = try preprocessing.prepare(
      image, width: 30, height: 30, as: .uint8, layout: .nhwc)
    #expect(tensor.elements(of: UInt8.self) == image.resized(width: 30, height: 30).pixels)
    let box = placement.boxInSourcePixels(Box(x1: 3, y1: 3, x2: 15, y2: 30))
    #expect(box == Box(x1: 5, y1: 2, x2: 25, y2: 20))
  }

  /// Dividing in float32 is what NumPy does; multiplying by a float32 of 1/255 is off in 126 cases.
  @Test func samplesOverATwoHundredAndFiftyFifthHaveNumPysBits() throws {
    let image = Image(width: 16, height: 16, pixels: (0...255).flatMap { [$0, $0, $0] })
    let samples = (0...255).map { Float($0) }
    func plane<T: Element>(_ type: T.Type) throws -> [T] {
      let (tensor, _) = try Preprocessing().prepare(
        image, width: 16, height: 16, as: T.elementType)
      return Array(tensor.elements(of: type).prefix(256))
    }
    #expect(try plane(Float.self) == samples.map { $0 / 255 })
    #expect(try plane(Half.self) == samples.map { Half($0 / 255) })
    #expect(try plane(UInt8.self) == [UInt8](0...255))
    let doubles = try plane(Double.self)
    #expect(zip(doubles, samples).allSatisfy { abs($0 - Double($1) / 255) < 1e-15 })
  }

  @Test func anotherScaleIsApplied() throws {
    var preprocessing = Preprocessing()
    preprocessing.scale = 1
    let image = Image(width: 1, height: 1, pixels: [3, 77, 255])
    let (tensor, _) = try preprocessing.prepare(image, width: 1, height: 1)
    #expect(tensor == Tensor([3, 77, 255] as [Float], shape: [1, 3, 1, 1]))
  }

  @Test func aBoxGoesBackToTheSourceAndIsClipped() throws {
    let image = gradient(width: 810, height: 1080)
    let (_, placement) = try Preprocessing().prepare(image, width: 640, height: 640, as: .uint8)
    let inside = placement.boxInSourcePixels(Box(x1: 128, y1: 64, x2: 320, y2: 320))
    #expect(inside == Box(x1: 81, y1: 108, x2: 405, y2: 540))
    let outside = placement.boxInSourcePixels(Box(x1: 0, y1: -5, x2: 640, y2: 700))
    #expect(outside == Box(x1: 0, y1: 0, x2: 810, y2: 1080))
  }

  @Test(arguments: [
    (1, 2000, 640, 640, 0, ElementType.float32, "too thin for a letterbox"),
    (9, 9, 0, 640, 0, .float32, "a network's input of 0x640 pixels"),
    (9, 9, 1 << 40, 1 << 40, 0, .float32, "at most 33554432 pixels"),
    (9, 9, 64, 64, 65, .float32, "at least one stride each way"),
    (9, 9, 64, 64, -1, .float32, "at least one stride each way"),
    (9, 9, 64, 64, 32, .int8, "the network's input is int8"),
  ])
  func whatCannotBePreparedIsRefused(
    sourceWidth: Int, sourceHeight: Int, width: Int, height: Int, stride: Int, type: ElementType,
    message: String
  ) throws {
    var preprocessing = Preprocessing()
    preprocessing.rectangularStride = stride == 0 ? nil : stride
    let image = gradient(width: sourceWidth, height: sourceHeight)
    let error = #expect(throws: ImageError.self) {
      try preprocessing.prepare(image, width: width, height: height, as: type)
    }
    #expect(try #require(error).description.contains(message))
  }

  @Test(
    RealModels.condition,
    arguments: ["bus", "car"])
  func realPhotographsHaveOpenCVsPixels(name: String) throws {
    let folder = try #require(RealModels.folder)
    let goldens = try TensorArchive(contentsOfFile: "\(folder)/goldens/letterbox.npz")
    let image = try Image(contentsOfFile: "\(folder)/images/\(name).jpg")
    #expect(goldens["\(name)_decoded_rgb"]?.elements(of: UInt8.self) == image.pixels)
    for (width, height) in [(640, 640), (640, 384), (416, 416), (1280, 1280)] {
      let (tensor, _) = try Preprocessing().prepare(
        image, width: width, height: height, as: .uint8, layout: .nhwc)
      let golden = try #require(goldens["\(name)_\(height)x\(width)_rgb"])
      #expect(tensor == golden.reshaped(to: [1, height, width, 3]), "\(width)x\(height)")
    }
    var rectangular = Preprocessing()
    rectangular.rectangularStride = 32
    let (tensor, _) = try rectangular.prepare(
      image, width: 640, height: 640, as: .uint8, layout: .nhwc)
    let golden = try #require(goldens["\(name)_auto640_rgb"])
    #expect(tensor == golden.reshaped(to: Shape([1] + golden.shape)))
  }

  private func gradient(width: Int, height: Int) -> Image {
    let samples = (0..<(width * height * 3)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 7) }
    return Image(width: width, height: height, pixels: samples)
  }
}
